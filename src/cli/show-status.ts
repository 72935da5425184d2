import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../records/plan.js';
import type { Sample } from '../records/sample.js';
import type { StepRecord } from '../records/step.js';
import { spentText } from '../report/spent.js';
import { readJournal } from '../shared/journal.js';
import { lockHolder } from '../shared/lock.js';
import { FILES, readRunFile, samplesFile, scoresFile } from '../shared/run-folder.js';
import { spentOf } from '../shared/spent.js';
import { readModels } from '../training/train.js';
import { jobsLines, jobsOf } from './jobs.js';
import { outputOf, print } from './output.js';

/** Prints how far a run folder has come: steps, models, jobs, answers, money. */
export async function showStatus(dir: string, options: Record<string, unknown>): Promise<number> {
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const steps = new Set<string>();
  for await (const step of readJournal<StepRecord>(join(dir, FILES.steps))) steps.add(step.kind);
  const models = await readModels(dir);
  let answers = 0;
  let failed = 0;
  for (const cell of new Set(plan.cells.map(({ arm, seed }) => `${arm}\u0000${seed}`))) {
    const [arm, seed] = cell.split('\u0000') as [string, string];
    // Of imported answers only outcomes may be there.
    const file = existsSync(join(dir, 'samples')) ? samplesFile : scoresFile;
    for await (const sample of readJournal<Partial<Sample>>(file(dir, arm, Number(seed)))) {
      if (sample.finish === 'failed') failed++;
      else answers++;
    }
  }
  const fineTunes = [...models.values()].filter((model) => model.adapter !== null).length;
  const spent = await spentOf(dir, plan);
  const jobs = await jobsOf(dir);
  const worker = lockHolder(join(dir, FILES.lock));
  const status = {
    running: worker ?? null,
    launched: jobs,
    steps: [...steps],
    fineTunes,
    jobs: plan.totals.jobs,
    answers,
    planned: plan.totals.answers,
    failed,
    spent,
  };
  print(
    outputOf(options),
    [
      `${plan.name}: ${dir}`,
      ...(worker ? [`at work      ${worker}`] : []),
      `steps done   ${status.steps.join(', ') || 'none'}`,
      `fine-tunes   ${fineTunes} of ${plan.totals.jobs}`,
      ...jobsLines(jobs),
      `answers      ${answers} of ${plan.sequential ? 'at most ' : ''}${plan.totals.answers}${failed ? `, ${failed} failed` : ''}`,
      ...(spent ? [`spent        ${spentText(spent)}`] : []),
    ].join('\n'),
    status,
  );
  return 0;
}
