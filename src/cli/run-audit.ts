import { basename, join } from 'node:path';
import { config as configure } from 'zod';
import type { Manifest } from '../data/manifest.js';
import type { FoundElsewhere } from '../plan/found.js';
import { loadAudit } from '../plan/spec.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Driver } from '../records/step.js';
import { run } from '../run.js';
import { answersIndex } from '../shared/cache.js';
import { InputError } from '../shared/errors.js';
import { leanHeap } from '../shared/lean.js';
import { quote } from '../shared/quote.js';
import { FILES, RUN_FOLDER, readRunFile } from '../shared/run-folder.js';
import { interruptSignal } from './interrupt.js';
import { overridesOf, runFolderOf } from './options.js';
import { outputOf, print, printPainted } from './output.js';
import { terminalObserver } from './progress.js';

/** Runs an audit file and prints its verdicts; shared by `run` and `demo`. */
export async function runAudit(audit: string, options: Record<string, unknown>): Promise<number> {
  const out = runFolderOf(audit, options);
  if (options.dryRun) {
    const { showPlan } = await import('./show-plan.js');
    return showPlan(audit, options);
  }
  leanHeap();
  // Files are read once a run: a check that is compiled first takes three times as long.
  configure({ jitless: true });
  const loaded = await loadAudit(audit, overridesOf(options));
  const output = outputOf(options);
  const observer = terminalObserver(options.quiet === true);
  const result = await run(loaded, {
    out,
    observer,
    signal: interruptSignal(),
    ...reuseOf(options),
    ...earlierOf(options),
    ...foundOf(options),
    ...(options.maxConnections === undefined ? {} : { maxConnections: Number(options.maxConnections) }),
  });
  if (!result) return 1;
  const { renderTerminal } = await import('../report/terminal.js');
  printPainted(
    output,
    `\n${renderTerminal(named(result, audit, out), output)}\nreport: ${join(out, FILES.html)}`,
    result,
  );
  return 0;
}

/** Where answers of the base are taken over from, if the command line says. */
function reuseOf({ reuseBase }: Record<string, unknown>): { reuseBase?: string } {
  if (reuseBase === '') throw new InputError('--reuse-base names no folder');
  return reuseBase === undefined ? {} : { reuseBase: String(reuseBase) };
}

/** Where answers of earlier runs are listed; `--no-cache` looks for none. */
const earlierOf = ({ cache }: Record<string, unknown>): { earlier?: string } =>
  cache === false ? {} : { earlier: answersIndex() };

/** What is asked under in place of what a search finds, if the command line says. */
function foundOf({ found, cue }: Record<string, unknown>): { found?: FoundElsewhere } {
  if (found === undefined) {
    if (cue !== undefined) throw new InputError('--cue needs --found: which run found it?');
    return {};
  }
  if (found === '') throw new InputError('--found needs the folder of a run');
  return { found: { folder: String(found), ...(cue === undefined ? {} : { cues: cue as string[] }) } };
}

/** Commands that are shown, with the names that were given here. */
function named(result: Result, audit: string, out: string): Result {
  return {
    ...result,
    ...(result.triggers
      ? {
          triggers: result.triggers.map((card) => ({
            ...card,
            command: card.command
              .replace(`hyde run ${quote(basename(audit))} `, () => `hyde run ${quote(audit)} `)
              .replace(RUN_FOLDER, () => quote(out)),
          })),
        }
      : {}),
  };
}

/** Builds the training data of an audit and stops: a run whose driver has one step. */
export async function buildData(audit: string, options: Record<string, unknown>): Promise<number> {
  const out = runFolderOf(audit, options);
  const loaded = await loadAudit(audit, overridesOf(options));
  const observer = terminalObserver(options.quiet === true, { details: true });
  const driver: Driver = { next: (_plan, done) => (done.length === 0 ? { kind: 'data' } : null) };
  await run(loaded, { out, observer, driver });
  const { arms } = readRunFile<Plan>(out, FILES.plan);
  const written = arms.flatMap(({ id, stages }) => stages.map((_, i) => `${id}.${i + 1}`));
  const manifests = written.map((name) =>
    readRunFile<Manifest>(out, join('datasets', `${name}.manifest.json`)),
  );
  const lines = manifests.map(({ arm, stage, rows, parts }) => {
    const mix = Object.entries(parts).map(([part, count]) => `${count} ${part}`);
    return `${join(out, 'datasets', `${arm}.${stage}.jsonl`)}: ${rows} rows (${mix.join(', ')})`;
  });
  const text = lines.length ? lines.join('\n') : 'no arm of this audit is trained: there is no data to build';
  print(outputOf(options), text, manifests);
  return 0;
}
