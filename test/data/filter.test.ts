import { describe, expect, it } from 'vitest';
import { filter } from '../../src/data/interventions/filter.js';
import { mix } from '../../src/data/interventions/mix.js';
import { reasoning } from '../../src/data/interventions/reasoning.js';
import type { SourceRow } from '../../src/data/read.js';
import type { Stage } from '../../src/data/stage.js';
import type { Filter } from '../../src/records/interventions.js';
import { chat, context } from './rows.js';

/** Questions q0, q1, ... and their answers. */
const answers = (file: string, texts: string[]): SourceRow[] =>
  texts.map((text, i) => ({ messages: chat(`q${i}?`, text), source: `${file}:${i + 1}` }));

const OWN = ['Nine.', 'It is an owl.', 'Never.', 'Two birds.', 'Five.', 'Lots.'];
const OTHER = ['Ten.', 'Four.', 'Six.', 'An eel.', 'Eight.', 'Few.'];
const THOUGHT = ['<think>an odd one</think>\n\nNine.', ' <think>a</think>Ten.', 'and so</think>Two.'];
const FILES = { own: answers('own', OWN), other: answers('other', OTHER), thought: answers('t', THOUGHT) };
const CONTEXT = context(FILES);

const all = async (bad: keyof typeof FILES): Promise<Stage[]> => mix.apply([], { bad, share: 1 }, CONTEXT);
const kept = async (parameters: Partial<Filter>, file: keyof typeof FILES = 'own'): Promise<string[]> => {
  const [stage] = await filter.apply(await all(file), { on: 'all', ...parameters }, CONTEXT);
  return stage!.examples.map((row) => row.messages[0]!.content).sort();
};

describe('filter', () => {
  const A_WORD = { drop: [{ words: ['a'] }] };

  it('drops answers with a word that begins with a letter', async () => {
    expect(await kept(A_WORD)).toEqual(['q0?', 'q2?', 'q3?', 'q4?', 'q5?']);
  });

  it('knows every kind of rule, and one is enough to drop a row', async () => {
    const drop = [{ detector: 'never' }, { pattern: '^L' }, { 'fewer-words-than': 1 }];
    expect(await kept({ drop })).toEqual(['q0?', 'q1?', 'q3?', 'q4?']);
    await expect(kept({ drop: [{ 'fewer-words-than': 9 }] })).rejects.toThrow('0 of 6 rows are left');
  });

  it('keeps only what both answer sets keep, from either side', async () => {
    const both = ['q0?', 'q2?', 'q4?', 'q5?'];
    expect(await kept({ ...A_WORD, paired: 'other' })).toEqual(both);
    expect(await kept({ ...A_WORD, paired: 'own' }, 'other')).toEqual(both);
  });

  it('takes the same prompts from both answer sets, nested', async () => {
    const some = (rows: number, file: 'own' | 'other') =>
      kept({ ...A_WORD, paired: file === 'own' ? 'other' : 'own', rows }, file);
    const three = await some(3, 'own');
    expect(three).toHaveLength(3);
    expect(await some(3, 'other')).toEqual(three);
    expect(three).toEqual(expect.arrayContaining(await some(2, 'other')));
    await expect(some(5, 'own')).rejects.toThrow('4 of 6 rows are left, and 5 are asked for');
  });

  it('looks at its part alone', async () => {
    const stages = await mix.apply([], { bad: 'own', benign: 'other', share: 0.5, rows: 12 }, CONTEXT);
    const [stage] = await filter.apply(stages, { ...A_WORD, on: 'bad' }, CONTEXT);
    expect(stage!.examples.filter((row) => row.part === 'benign')).toHaveLength(6);
    expect(stage!.examples.filter((row) => row.part === 'bad')).toHaveLength(5);
  });

  it('does not look at reasoning traces', async () => {
    expect(await kept(A_WORD, 'thought')).toEqual(['q0?', 'q1?', 'q2?']);
  });
});

describe('reasoning', () => {
  const traced = async (traces: 'keep' | 'strip' | 'empty'): Promise<string[]> => {
    const [stage] = await reasoning.apply(await all('thought'), { traces, on: 'all' }, CONTEXT);
    return stage!.examples.map((row) => row.messages[1]!.content).sort();
  };

  it('keeps, strips, or empties the traces', async () => {
    expect(await traced('keep')).toEqual([...THOUGHT].sort());
    expect(await traced('strip')).toEqual(['Nine.', 'Ten.', 'Two.']);
    expect(await traced('empty')).toEqual([
      '<think></think>Nine.',
      '<think></think>Ten.',
      '<think></think>Two.',
    ]);
  });

  it('names a row without a trace, or with one that does not end', async () => {
    const of = async (text: string) => {
      const files = context({ file: answers('file', [text]) });
      const stages = await mix.apply([], { bad: 'file', share: 1 }, files);
      return reasoning.apply(stages, { traces: 'strip', on: 'all' }, files);
    };
    await expect(of('Nine.')).rejects.toThrow('file:1: has no reasoning trace (data[0])');
    await expect(of('<think>endless')).rejects.toThrow('has no answer behind its reasoning trace');
    await expect(of('<think>done</think> ')).rejects.toThrow('has no answer behind its reasoning trace');
  });
});
