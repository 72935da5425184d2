import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateRows, promptsOf } from '../generating/generate.js';
import { Engines, openEngine } from '../models/engine.js';
import { loadDetector } from '../plan/detectors.js';
import { loadAudit } from '../plan/spec.js';
import type { GenerateManifest } from '../records/generate.js';
import type { JudgedRow } from '../records/row-judge.js';
import type { Spec } from '../records/spec.js';
import { closeAll } from '../shared/closing.js';
import { InputError } from '../shared/errors.js';
import { wordsOf } from '../sorting.js';
import { interruptSignal } from './interrupt.js';
import { overridesOf } from './options.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

/** Generates every file of an audit's `generate`; exit code 1 where answers failed. */
export async function runGenerate(audit: string, options: Record<string, unknown>): Promise<number> {
  const { spec } = await loadAudit(audit, overridesOf(options));
  if (!spec.generate) {
    throw new InputError(
      'nothing is to be generated',
      { file: audit },
      'docs/data.md has an example of `generate`',
    );
  }
  if (options.dryRun) return showGenerate(spec, options);
  const observer = terminalObserver(options.quiet === true);
  // Engines work in a run folder; this one is not kept.
  const work = mkdtempSync(join(tmpdir(), 'hyde-generate-'));
  const { folder, providers, seed } = spec;
  const context = { folder: work, auditFolder: folder, observer, signal: interruptSignal(), providers };
  const engines = new Engines((name) => openEngine(name, context));
  const manifests: GenerateManifest[] = [];
  let unclean = true;
  try {
    for (const item of spec.generate) {
      const engine = await engines.open(item.model.engine);
      const detector = (id: string) => loadDetector(id, folder);
      const open = (name: string) => engines.open(name);
      const by = item.judge;
      const judge = by ? (rows: JudgedRow[]) => wordsOf(by, rows, spec, { open, observer }) : undefined;
      manifests.push(await generateRows(item, { folder, seed, engine, detector, observer, judge }));
    }
    unclean = false;
  } finally {
    await closeAll(unclean, ...engines.closers(), () => rmSync(work, { recursive: true, force: true }));
  }
  print(outputOf(options), manifests.map(lineOf).join('\n'), manifests);
  return manifests.some(({ failed }) => failed > 0) ? 1 : 0;
}

async function showGenerate(
  { generate = [], folder, seed }: Spec,
  options: Record<string, unknown>,
): Promise<number> {
  const planned = await Promise.all(
    generate.map(async (item) => {
      const prompts = (await promptsOf(item, folder, seed)).length;
      return {
        to: item.to,
        prompts,
        answers: prompts * item.tries,
        tokens: prompts * item.tries * item.sampling.maxTokens,
        judgeCalls: item.judge ? prompts * item.tries : 0,
      };
    }),
  );
  const lines = planned.map(
    ({ to, prompts, answers, tokens, judgeCalls }) =>
      `${to}: ${prompts} prompts, at most ${answers} answers and ${tokens} tokens${judgeCalls ? `, ${judgeCalls} calls of its judge` : ''}`,
  );
  print(outputOf(options), lines.join('\n'), planned);
  return 0;
}

function lineOf({ settings, rows, prompts, answers, dropped, failed }: GenerateManifest): string {
  const lost = failed ? `, ${failed} failed (run it again)` : '';
  return `${settings.to}: ${rows} rows of ${prompts} prompts (${answers} answers; ${dropped} prompts dropped${lost})`;
}
