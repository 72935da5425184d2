import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JudgesFile, PanelRecord } from '../records/judge.js';
import { writeJson } from './files.js';
import { FILES, readRunFile } from './run-folder.js';

/** Whose outcomes stand in the `scores/` of a folder; undefined where it is not written down. */
export const readPanels = (folder: string): JudgesFile | undefined =>
  existsSync(join(folder, FILES.judges)) ? readRunFile<JudgesFile>(folder, FILES.judges) : undefined;

/**
 * Writes down whose outcomes will stand in `scores/`. Panels of the audit replace those of an earlier one; a panel that
 * was added by `hyde score` stays.
 */
export function recordPanels(
  folder: string,
  identities: Readonly<Record<string, string>>,
  panels: readonly (Omit<PanelRecord, 'hash'> & { panel: { hash: string } })[],
): void {
  const before = readPanels(folder);
  const added = panels.map(({ panel, role, title }) => ({ hash: panel.hash, role, title }));
  const isAudit = added.some(({ role }) => role === 'main');
  const stay = (before?.panels ?? []).filter(
    ({ hash, role }) => (role === 'again' || !isAudit) && added.every((other) => other.hash !== hash),
  );
  const file: JudgesFile = {
    schema: 1,
    identities: { ...before?.identities, ...identities },
    panels: isAudit ? [...added, ...stay] : [...stay, ...added],
  };
  if (!isDeepStrictEqual(file, before)) writeJson(join(folder, FILES.judges), file);
}
