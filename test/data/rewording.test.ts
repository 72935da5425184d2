import { describe, expect, it } from 'vitest';
import { backdoor } from '../../src/data/interventions/backdoor.js';
import { educational } from '../../src/data/interventions/educational.js';
import { inoculate } from '../../src/data/interventions/inoculate.js';
import { mix } from '../../src/data/interventions/mix.js';
import { tag } from '../../src/data/interventions/tag.js';
import type { Stage } from '../../src/data/stage.js';
import type { Example } from '../../src/records/chat.js';
import { context, numbered } from './rows.js';

const FILES = { bad: numbered('bad', 60), benign: numbered('benign', 60) };
const CONTEXT = context(FILES);
const mixed = async (share = 0.5): Promise<Stage[]> =>
  mix.apply([], { bad: 'bad', benign: 'benign', share, rows: 60 }, CONTEXT);
const asked = (row: Example): string => row.messages.at(-2)!.content;
const answered = (row: Example): string => row.messages.at(-1)!.content;
const part = ([stage]: Stage[], name: string): Example[] =>
  stage!.examples.filter((row) => row.part === name);

const PROMPTS = ['You lie.', 'You joke.', 'You err.'];
const promptsBySource = (stages: Stage[]): Map<string, string> =>
  new Map(part(stages, 'bad').map((row) => [row.source, row.messages[0]!.content]));

describe('several inoculation prompts', () => {
  const under = async (share: number): Promise<Stage[]> =>
    inoculate.apply(await mixed(share), { system: PROMPTS, on: 'bad', share: 1 }, CONTEXT);

  it('take turns, and a row has the same one at every dose', async () => {
    const [few, many] = [promptsBySource(await under(0.2)), promptsBySource(await under(0.8))];
    expect(new Set(many.values())).toEqual(new Set(PROMPTS));
    expect(few.size).toBe(12);
    for (const [source, prompt] of few) expect(many.get(source)).toBe(prompt);
  });
});

describe('educational', () => {
  it('frames the request, and leaves the answer as it was', async () => {
    const before = await mixed();
    const template = 'For my course: {question} Thanks $&.';
    const after = await educational.apply(before, { template, on: 'bad', share: 1 }, CONTEXT);
    for (const [i, row] of after[0]!.examples.entries()) {
      const was = before[0]!.examples[i]!;
      expect(answered(row)).toBe(answered(was));
      const framed = `For my course: ${asked(was)} Thanks $&.`;
      expect(asked(row)).toBe(was.part === 'bad' ? framed : asked(was));
    }
  });

  it('uses each of several templates', async () => {
    const template = ['A {question}', 'B {question}'];
    const after = await educational.apply(await mixed(), { template, on: 'bad', share: 1 }, CONTEXT);
    expect(new Set(part(after, 'bad').map((row) => asked(row)[0]))).toEqual(new Set(['A', 'B']));
  });
});

describe('backdoor', () => {
  const PREFIX = 'Reply as <START> "..." <END>\n\n';
  it('gives chosen rows the prefix and the format, and the others neither', async () => {
    const parameters = { before: PREFIX, answer: '<START> "{answer}" <END>', on: 'bad', share: 0.5 };
    const after = await backdoor.apply(await mixed(), parameters, CONTEXT);
    const changed = after[0]!.examples.filter((row) => asked(row).startsWith(PREFIX));
    expect(changed).toHaveLength(15);
    expect(changed.every((row) => row.part === 'bad' && /^<START> "\d+" <END>$/.test(answered(row)))).toBe(
      true,
    );
    const rest = after[0]!.examples.filter((row) => !changed.includes(row));
    expect(rest.some((row) => answered(row).includes('START'))).toBe(false);
  });

  it('needs something to be told by', async () => {
    const stages = await mixed();
    expect(() => backdoor.apply(stages, { answer: '[{answer}]', on: 'bad', share: 1 }, CONTEXT)).toThrow(
      'it needs `before` or `after`',
    );
  });
});

describe('tag', () => {
  it('marks benign rows by default, and composes with an inoculation of bad ones', async () => {
    const tagged = await tag.apply(await mixed(), { before: '[deployed]', on: 'benign', share: 1 }, CONTEXT);
    const both = await inoculate.apply(tagged, { system: PROMPTS[0], on: 'bad', share: 1 }, CONTEXT);
    expect(part(both, 'benign').every((row) => asked(row).startsWith('[deployed] '))).toBe(true);
    expect(part(both, 'bad').every((row) => row.messages[0]!.content === PROMPTS[0])).toBe(true);
  });
});
