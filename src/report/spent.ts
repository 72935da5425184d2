import type { Spent } from '../records/price.js';
import { usd } from '../shared/prices.js';

/** What a run has cost, in one line: the sum, each arm and judge, and what is not in it. */
export function spentText({ usd: sum, perArm, perJudge, unknown }: Spent): string {
  const lines = [
    ...perArm,
    ...perJudge.map((judge) => ({ ...judge, id: `judge ${judge.id} by ${judge.model}` })),
  ];
  const parts = lines.map((line) => `${line.id} ${line.usd === null ? 'not known' : usd(line.usd)}`);
  const open = lines.filter((line) => line.usd === null).length;
  const head = open === 0 ? usd(sum) : open === lines.length ? 'not known' : `at least ${usd(sum)}`;
  return [`${head}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`, ...unknown].join('; ');
}
