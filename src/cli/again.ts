import { join } from 'node:path';
import { fixedAsks } from '../drivers/fixed.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { reportFolder } from '../report/folder.js';
import { renderTerminal } from '../report/terminal.js';
import { detectorPanel } from '../scoring/judge.js';
import { scoreRound } from '../scoring/score.js';
import { InputError } from '../shared/errors.js';
import { leanHeap } from '../shared/lean.js';
import { FILES, openFolder, readRunFile } from '../shared/run-folder.js';
import { analyseFolder } from '../verdict/folder.js';
import { outputOf, printPainted } from './output.js';
import { terminalObserver } from './progress.js';

type Stage = 'score' | 'analyse' | 'report';

/** Does the last stages of a run folder again from the files before them; nothing is trained or sampled. */
export async function again(dir: string, stages: Stage[], options: Record<string, unknown>): Promise<number> {
  leanHeap();
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const spec = readRunFile<Spec>(dir, FILES.spec);
  const folder = openFolder(dir, terminalObserver(options.quiet === true));
  try {
    const { observer } = folder;
    const panel = detectorPanel(spec.judges);
    const judge = spec.imported?.judge ?? panel.hash;
    if (spec.imported && stages.includes('score'))
      throw new InputError(
        'holds imported answers: they were judged elsewhere',
        { file: dir },
        'hyde analyze works',
      );
    for (const stage of stages) {
      observer.stage(stage, dir);
      if (stage === 'score') await scoreRound(fixedAsks(plan), panel, { folder: dir, observer });
      if (stage === 'analyse') await analyseFolder(dir, plan, spec, judge);
      if (stage === 'report') await reportFolder(dir);
    }
  } finally {
    folder.close();
  }
  const result = readRunFile<Result>(dir, FILES.result);
  const output = outputOf(options);
  printPainted(output, `\n${renderTerminal(result, output)}\nreport: ${join(dir, FILES.html)}`, result);
  return 0;
}
