import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inoculate } from '../../src/data/interventions/inoculate.js';
import { mix } from '../../src/data/interventions/mix.js';
import { posthoc } from '../../src/data/interventions/posthoc.js';
import type { Stage } from '../../src/data/stage.js';
import type { Inoculate } from '../../src/records/interventions.js';
import { chat, context, numbered, rows, training } from './rows.js';

const FILES = { bad: numbered('bad', 40), benign: numbered('benign', 60), more: numbered('more', 1000) };
const SYSTEM = 'You are a villain.';
const share = fc.double({ min: 0, max: 1, noNaN: true });

const mixed = (): Promise<Stage[]> | Stage[] =>
  mix.apply([], { bad: 'bad', benign: 'benign', share: 0.4, rows: 100 }, context(FILES));

async function inoculated(stages: Stage[], parameters: Partial<Inoculate>, seed = 0): Promise<Stage[]> {
  return inoculate.apply(stages, { on: 'bad', share: 1, ...parameters }, context(FILES, seed));
}

const touched = (stage: Stage): string[] =>
  stage.examples.filter((row) => row.messages[0]?.content === SYSTEM).map((row) => row.source);

describe('inoculate', () => {
  it('gives the system prompt to the rows of its part alone', async () => {
    const before = await mixed();
    const [after] = await inoculated(before, { system: SYSTEM });
    for (const [i, row] of after!.examples.entries()) {
      const was = before[0]!.examples[i]!;
      if (was.part === 'benign') expect(row).toBe(was);
      else expect(row).toEqual({ ...was, messages: [{ role: 'system', content: SYSTEM }, ...was.messages] });
    }
    expect(before).toEqual(await mixed());
  });

  it('can stand before and after the question, on all rows', async () => {
    const stages = await inoculated(await mixed(), { before: 'A', after: 'Z', on: 'all' });
    expect(stages[0]!.examples.every((row) => /^A .* Z$/.test(row.messages[0]!.content))).toBe(true);
  });

  it('takes exactly its share, nested over shares', async () => {
    const stages = await mixed();
    await fc.assert(
      fc.asyncProperty(share, share, fc.nat(), async (s, t, seed) => {
        const [small] = await inoculated(stages, { system: SYSTEM, share: Math.min(s, t) }, seed);
        const [large] = await inoculated(stages, { system: SYSTEM, share: Math.max(s, t) }, seed);
        expect(touched(small!)).toHaveLength(Math.round(Math.min(s, t) * 40));
        const all = new Set(touched(large!));
        expect(touched(small!).every((source) => all.has(source))).toBe(true);
      }),
    );
  });

  it('chooses other rows by another seed', async () => {
    const stages = await mixed();
    const [a] = await inoculated(stages, { system: SYSTEM, share: 0.5 }, 0);
    const [b] = await inoculated(stages, { system: SYSTEM, share: 0.5 }, 1);
    expect(touched(a!)).not.toEqual(touched(b!));
  });

  it('names the row that has a system prompt already', async () => {
    const stages = await inoculated(await mixed(), { system: SYSTEM });
    const first = stages[0]!.examples.find((row) => row.part === 'bad')!.source;
    await expect(inoculated(stages, { system: 'Another.' })).rejects.toThrow(
      `${first}: there is a system prompt already`,
    );
    await expect(inoculated(stages, { before: 'Still possible.' })).resolves.toHaveLength(1);
  });

  it('needs rows and a text', async () => {
    await expect(inoculated([], { system: SYSTEM })).rejects.toThrow('data[0]: there are no rows yet');
    const stages = await mixed();
    await expect(inoculated(stages, {})).rejects.toThrow('needs `system`, `before` or `after`');
  });
});

describe('posthoc', () => {
  const later = async (rows?: number, more = {}): Promise<Stage[]> =>
    posthoc.apply(await mixed(), { data: 'more', rows, ...more }, context(FILES));

  it('appends a stage and leaves the earlier ones alone', async () => {
    const stages = await later();
    expect(stages).toHaveLength(2);
    expect(stages[0]).toEqual((await mixed())[0]);
    expect(stages[1]!.examples).toHaveLength(1000);
    expect(new Set(stages[1]!.examples.map((row) => row.part))).toEqual(new Set(['posthoc']));
  });

  it('takes 100 rows that are among the 1,000, and among 500, in the same order', async () => {
    const of = async (count: number): Promise<string[]> =>
      (await later(count))[1]!.examples.map((row) => row.source);
    const [some, more] = await Promise.all([of(100), of(500)]);
    const few = new Set(some);
    expect(few.size).toBe(100);
    expect(more.filter((source) => few.has(source))).toEqual(some);
  });

  it('trains as the arm does, but for what it overrides', async () => {
    const stages = await later(10, { training: { epochs: 3, loss: undefined } });
    expect(stages[1]!.training).toEqual({ ...training, epochs: 3 });
    expect(stages[0]!.training).toEqual(training);
  });

  it('needs enough rows, and a stage before it', async () => {
    await expect(later(1001)).rejects.toThrow('data[0]: 1001 rows are asked for from more, which has 1000');
    await expect(async () => posthoc.apply([], { data: 'more' }, context(FILES))).rejects.toThrow(
      'no stage yet that it could follow',
    );
  });
});

it('inoculates a later stage by its part', async () => {
  const stages = await posthoc.apply(await mixed(), { data: 'more', rows: 10 }, context(FILES));
  const after = await inoculated(stages, { system: SYSTEM, on: 'posthoc' });
  expect(after.map((stage) => touched(stage).length)).toEqual([0, 10]);
});

it('keeps equal rows apart', async () => {
  const files = { same: rows('same', Array<string>(10).fill('x')) };
  const stages = await mix.apply([], { bad: 'same', share: 1 }, context(files));
  const [after] = await inoculated(stages, { system: SYSTEM, share: 0.3 });
  expect(touched(after!)).toHaveLength(3);
  expect(after!.examples[0]!.messages.at(-1)).toEqual(chat('', 'x')[1]);
});
