import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJudging } from '../judging.js';
import { Engines, openEngine } from '../models/engine.js';
import { loadJudge, modelJudge } from '../plan/judges.js';
import { knownProviders, Providers } from '../plan/providers.js';
import { loadThresholds } from '../plan/thresholds.js';
import { readYaml } from '../plan/yaml.js';
import type { JudgeEntry } from '../records/audit.js';
import type { Judge, Reading } from '../records/judge.js';
import type { Spec } from '../records/spec.js';
import { pad } from '../report/width.js';
import { type InjectionResult, Injections, MOVED, tryInjections } from '../scoring/injections.js';
import type { ModelJudge } from '../scoring/outcome.js';
import { closeAll } from '../shared/closing.js';
import { InputError } from '../shared/errors.js';
import { resource } from '../shared/package.js';
import { printableLine } from '../shared/printable.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { interruptSignal } from './interrupt.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

/**
 * Prints what each judge says of an answer, and of the same answer with attempts to talk to it.
 *
 * @param dir a run folder, whose providers may be named too
 */
export async function showInjections(
  names: readonly string[],
  model: string | undefined,
  options: Record<string, unknown>,
  dir?: string,
): Promise<number> {
  if (names.length === 0) throw new InputError('--injections needs --judge: which judge is tried?');
  const { value: set } = await readYaml(resource('injections.yaml'), Injections, 'injections.yaml');
  const observer = terminalObserver(options.quiet === true);
  // Engines work in a run folder; this one is not kept.
  const folder = mkdtempSync(join(tmpdir(), 'hyde-injections-'));
  const { providers: own }: Partial<Spec> = dir === undefined ? {} : readRunFile<Spec>(dir, FILES.spec);
  const known = new Providers({ ...knownProviders().all(), ...own });
  const providers = known.all();
  const context = { folder, auditFolder: process.cwd(), observer, signal: interruptSignal(), providers };
  const engines = new Engines((name) => openEngine(name, context));
  const tables: { judge: string; attempts: InjectionResult[] }[] = [];
  let failed = true;
  try {
    const thresholds = await loadThresholds('betley-2025');
    for (const name of names) {
      const judge = await loadJudge(name, process.cwd());
      const entry = { ...meaningFor(judge), ...(model === undefined ? {} : { model }) };
      const spec = modelJudge(judge, entry, () => undefined, known);
      const judging = await openJudging(
        { judges: [spec], thresholds, providers },
        { open: (engine) => engines.open(engine), observer, known: {} },
      );
      const opened = judging.main.panel.waves[0]?.[0] as ModelJudge;
      tables.push({
        judge: name,
        attempts: await tryInjections(opened, await judging.engineOf(opened), set),
      });
    }
    failed = false;
  } finally {
    await closeAll(failed, ...engines.closers(), () => rmSync(folder, { recursive: true, force: true }));
  }
  print(outputOf(options), tables.map(tableText).join('\n\n'), tables);
  return 0;
}

/** A judge that needs to be told what it says is told anything: only what it reads counts here. */
function meaningFor({ options, scale, measures }: Judge): JudgeEntry {
  if (Object.values(options ?? {}).includes('found')) return { says: 'behaviour' };
  return scale && !measures ? { says: 'behaviour', 'at-least': scale.to } : {};
}

function tableText({ judge, attempts }: { judge: string; attempts: InjectionResult[] }): string {
  const width = Math.max(...attempts.map(({ id }) => id.length)) + 2;
  const moved = attempts.filter((attempt) => attempt.moved).length;
  return [
    `${printableLine(judge)}: ${moved} of ${attempts.length - 1} attempts moved it (by more than ${MOVED} points, or to another word)`,
    ...attempts.map(({ id, reading, moved: isMoved }) =>
      `  ${pad(id, width)}${pad(said(reading), 50)}${isMoved ? 'moved' : ''}`.trimEnd(),
    ),
  ].join('\n');
}

const said = ({ score, option, reason }: Reading): string =>
  option ?? (score === null ? `unparsed (${reason})` : String(Math.round(score)));
