import { checkFile } from '../data/files.js';
import { fileReader, writtenName } from '../data/sources.js';
import { loadDetector } from '../plan/detectors.js';
import type { Spec } from '../records/spec.js';
import type { Check } from './check.js';

/** The training files that an audit describes: are they there, and as described? */
export async function checkFiles({ files = [], folder }: Pick<Spec, 'files' | 'folder'>): Promise<Check[]> {
  const reader = fileReader(folder);
  const checks: Check[] = [];
  for (const entry of files) {
    const report = await checkFile(entry, folder, reader, (name) => loadDetector(name, folder));
    const what = writtenName(entry.file);
    if (!report.present) {
      const advice = entry.from === undefined ? 'it does not ship with hyde' : `from ${entry.from}`;
      checks.push({ what, ok: false, found: 'is not there', advice });
      continue;
    }
    const [first, ...more] = report.findings.map(
      ({ text, rows }) => `${text}${rows ? ` (${linesOf(rows)})` : ''}`,
    );
    const ok = report.findings.every(({ level }) => level !== 'error');
    const rows = `${report.rows} rows`;
    if (first === undefined) checks.push({ what, ok, found: rows });
    else
      checks.push({
        what,
        ok,
        warning: ok,
        found: [ok ? rows : 'cannot be used', first, ...more].join('; '),
      });
  }
  return checks;
}

/** `file:line` of one file, as line numbers. */
const linesOf = (rows: readonly string[]): string =>
  `lines ${rows.map((row) => row.slice(row.lastIndexOf(':') + 1)).join(', ')}, ...`;
