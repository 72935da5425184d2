import type { Plan } from '../records/plan.js';
import type { Spent } from '../records/price.js';
import { number } from '../shared/numbers.js';
import { usd } from '../shared/prices.js';

/**
 * What the pilot tells of the rest of a run, in one line: what its answers cost with their judgements, and what as many as the
 * plan allows would cost if they are like these.
 */
export function restText(plan: Plan, { usd: paid, perArm, perJudge, unknown }: Spent): string {
  const lines = [...perArm, ...perJudge];
  const answers = perArm.reduce((total, { calls }) => total + calls, 0);
  if (answers === 0) return 'no answer of the pilot had to be asked for, so it tells nothing of the price';
  const left = Math.max(0, plan.totals.answers - answers);
  const rest = `the other ${plan.sequential ? 'at most ' : ''}${number(left)}`;
  const tokens = (times: number): string => {
    const [prompt, answer] = (['promptTokens', 'answerTokens'] as const).map(
      (key) => (times * lines.reduce((total, line) => total + line[key], 0)) / answers,
    ) as [number, number];
    return `${number(Math.round(prompt))} tokens of prompt and ${number(Math.round(answer))} of answer`;
  };
  if (lines.some((line) => line.usd === null)) {
    return `${answers} answers took ${tokens(1)} each; ${rest} would take ${tokens(left)} if they are alike (${unknown.join('; ')})`;
  }
  const perAnswer = paid / answers;
  const budget = plan.prices?.budget ?? null;
  const enough =
    budget !== null && paid + left * perAnswer > budget
      ? `; the budget of ${usd(budget)} is enough for about ${number(Math.round((budget - paid) / perAnswer))} of them`
      : '';
  return `${answers} answers cost ${usd(paid)} (${tokens(1)} each${perJudge.length > 0 ? ', judges included' : ''}); ${rest} would cost about ${usd(left * perAnswer)} if they are alike${enough}`;
}
