import type { PlanPrices } from '../records/price.js';
import { number } from '../shared/numbers.js';
import { usd } from '../shared/prices.js';

/** What each model and judge of a plan may cost, as a table. */
export function priceTable({ models, judges, sorting = [] }: PlanPrices): string[] {
  const rows = [
    ...models.map((model) => ({ ...model, name: `${model.model} (${model.arms.join(', ')})` })),
    ...judges.map((judge) => ({ ...judge, name: `${judge.model} (judge ${judge.id})` })),
    ...sorting.map((judge) => ({ ...judge, name: `${judge.model} (training rows by ${judge.id})` })),
  ].map(({ name, calls, promptTokens, answerTokens, price, most }) => [
    name,
    number(calls),
    number(promptTokens),
    number(answerTokens),
    price ? `${price.input} / ${price.output}` : 'not known',
    most === null ? 'not known' : usd(most),
    price?.date ?? '',
  ]);
  const head = ['model', 'calls', 'prompt tokens', 'answer tokens', 'USD per million', 'at most', 'price of'];
  const widths = head.map((text, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? text).length)),
  );
  const line = (row: string[]): string =>
    `  ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number))).join('  ')}`.trimEnd();
  return [
    'what it may cost, with every cell open and every answer at its token limit',
    line(head),
    ...rows.map(line),
    '  prompts are counted with the tokenizer o200k, an estimate for models with another one; "at most" allows for half as many again, and 64 tokens of template each',
  ];
}
