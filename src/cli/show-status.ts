import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../records/plan.js';
import { spentText } from '../report/spent.js';
import { lockHolder } from '../shared/lock.js';
import { usd } from '../shared/prices.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { spentOf } from '../shared/spent.js';
import { lastStop } from '../shared/step-log.js';
import { readModels } from '../training/train.js';
import { jobsLines, jobsOf } from './jobs.js';
import { outputOf, print } from './output.js';
import { answersOf, doneSteps, searchedSteps } from './standing.js';

/** The same while the search before the audit goes on: the audit has no plan before its end. */
async function showSearch(
  dir: string,
  running: ReturnType<typeof lockHolder>,
  who: string,
  options: Record<string, unknown>,
): Promise<number> {
  const plan = readRunFile<Plan>(dir, FILES.searchPlan);
  const { steps, answers } = await searchedSteps(dir, plan);
  const planned = plan.search?.maxAnswers ?? 0;
  const launched = await jobsOf(dir);
  print(
    outputOf(options),
    [
      `${plan.name}: ${dir}`,
      `steps done   ${steps.join(', ') || 'none'}`,
      who,
      ...jobsLines(launched),
      `search       ${answers} of at most ${planned} answers; the audit begins when it has ended`,
    ].join('\n'),
    { steps, running, launched, search: { answers, planned } },
  );
  return 0;
}

/** Prints how far a run folder has come by its present plan: steps, models, answers, judging, money, and who works on it. */
export async function showStatus(dir: string, options: Record<string, unknown>): Promise<number> {
  const running = lockHolder(join(dir, FILES.lock));
  const detached = existsSync(join(dir, FILES.detached));
  const [now, gone] = [
    `running      process ${running?.pid} on ${running?.host}`,
    `running      nothing; the same command goes on from here${detached ? `, ${join(dir, FILES.detached)} has what was said` : ''}`,
  ];
  if (!existsSync(join(dir, FILES.plan)) && existsSync(join(dir, FILES.searchPlan)))
    return showSearch(dir, running, running ? now : gone, options);
  if (!existsSync(join(dir, FILES.plan)) && (running || detached)) {
    print(outputOf(options), [`${dir}: nothing is planned yet`, running ? now : gone].join('\n'), {
      ...{ steps: [], running },
    });
    return 0;
  }
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const { jobs, answers: planned } = plan.totals;
  const models = await readModels(dir);
  const fineTunes = [...models.values()].filter((model) => model.training !== null).length;
  const counted = await answersOf(dir, plan);
  const { answers, failed, judged } = counted;
  const steps = await doneSteps(dir, plan, counted);
  const stopped = (steps.includes('analyse') && (await lastStop(dir))) || null;
  const spent = await spentOf(dir, plan);
  const limit = plan.prices?.budget;
  const launched = await jobsOf(dir);
  print(
    outputOf(options),
    [
      `${plan.name}: ${dir}`,
      `steps done   ${steps.join(', ') || 'none'}`,
      ...(running ? [now] : steps.includes('report') ? [] : [gone]),
      ...(stopped ? [`stopped      ${stopped}${limit == null ? '' : ` of ${usd(limit)}`}`] : []),
      `fine-tunes   ${fineTunes} of ${jobs}`,
      ...jobsLines(launched),
      `answers      ${answers} of ${plan.sequential ? 'at most ' : ''}${planned}${failed ? `, ${failed} failed` : ''}`,
      ...(judged === null ? [] : [`judged       ${judged} of ${answers + failed}`]),
      ...(spent ? [`spent        ${spentText(spent)}`] : []),
    ].join('\n'),
    { steps, running, stopped, fineTunes, jobs, launched, answers, planned, failed, judged, spent },
  );
  return 0;
}
