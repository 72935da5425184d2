import { join } from 'node:path';
import { fixedAsks } from '../drivers/fixed.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { reportFolder } from '../report/folder.js';
import { renderTerminal } from '../report/terminal.js';
import { detectorPanel } from '../scoring/judge.js';
import { scoreRound } from '../scoring/score.js';
import { recordedAsks } from '../shared/answers.js';
import { FILES, openFolder, readRunFile } from '../shared/run-folder.js';
import { analyseFolder } from '../verdict/folder.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

type Stage = 'score' | 'analyse' | 'report';

/** Does the last stages of a run folder again from the files before them; nothing is trained or sampled. */
export async function again(dir: string, stages: Stage[], options: Record<string, unknown>): Promise<number> {
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const spec = readRunFile<Spec>(dir, FILES.spec);
  const folder = openFolder(dir, terminalObserver(options.quiet === true));
  try {
    const { observer } = folder;
    const panel = detectorPanel(spec.judges);
    for (const stage of stages) {
      observer.stage(stage, dir);
      if (stage === 'score') {
        const asks = plan.sequential ? await recordedAsks(dir, plan) : fixedAsks(plan);
        await scoreRound(asks, panel, { folder: dir, observer });
      }
      if (stage === 'analyse') await analyseFolder(dir, plan, spec, panel.hash);
      if (stage === 'report') await reportFolder(dir);
    }
  } finally {
    folder.close();
  }
  const result = readRunFile<Result>(dir, FILES.result);
  const output = outputOf(options);
  print(output, `\n${renderTerminal(result, output)}\nreport: ${join(dir, FILES.html)}`, result);
  return 0;
}
