import { join } from 'node:path';
import { again, type LateStage } from '../again.js';
import { renderTerminal } from '../report/terminal.js';

<<<<<<< HEAD

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
=======
import { FILES } from '../shared/run-folder.js';
import { interruptSignal } from './interrupt.js';
import { outputOf, printPainted } from './output.js';
import { terminalObserver } from './progress.js';

/** Does the last stages of a run folder again and prints its verdicts. */
export async function runAgain(
  dir: string,
  stages: LateStage[],
  options: Record<string, unknown>,
): Promise<number> {
  const result = await again(dir, stages, terminalObserver(options.quiet === true), interruptSignal());
>>>>>>> main
  const output = outputOf(options);
  printPainted(output, `\n${renderTerminal(result, output)}\nreport: ${join(dir, FILES.html)}`, result);
  return 0;
}
