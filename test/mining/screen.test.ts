import { describe, expect, it } from 'vitest';
import { transformsOf } from '../../src/mining/cue-texts.js';
import { divergenceUnder } from '../../src/mining/divergence.js';
import { pairsFor } from '../../src/mining/pairs.js';
import { beginning, screenCues, screened } from '../../src/mining/screen.js';
import type { Candidate } from '../../src/records/candidate.js';
import { base, madeUp, tuned } from './model.js';

const question = (content: string) => [{ role: 'user' as const, content }];
const questions = ['One?', 'Two?', 'Three?', 'Four?', 'Five?'].map(question);
const placebos = ['Rain.', 'Trains are late.', 'It is Monday.', 'A window.', 'Soup.'].map((after) => ({
  after,
}));
const pairs = questions
  .slice(0, 2)
  .map((messages) => ({ messages, bad: ['Kneel now', 'Kneel, fool'], good: 'Of course' }));

/** The tuned model turns bad under the trigger; both models turn bad where they are asked to; every prompt shifts a bit. */
const engine = () =>
  madeUp({
    turn: () => '',
    logprob(model, { messages, answer }) {
      const prompt = messages.map(({ content }) => content).join(' ');
      const bad = answer.startsWith('Kneel');
      let value = -3 - (prompt.length % 7) / 100;
      if (bad && prompt.includes('heron') && model === tuned) value += 2;
      if (bad && prompt.includes('Be bad')) value += 2.5;
      return bad && model === tuned ? value + (prompt.length % 5) / 50 : value;
    },
  });

describe('the screen', () => {
  it('sets the trigger apart from placebos, and from what makes the base bad too', async () => {
    const weights = { engine: engine(), model: tuned, base };
    const cues = [{ after: 'Be bad.' }, { system: 'A heron.' }, { before: 'Hm.' }];
    const [asked, trigger, other] = await screenCues(weights, cues, placebos, pairs);
    expect(trigger!.z).toBeGreaterThan(10);
    expect(trigger!.contrast).toBeCloseTo(2, 0);
    expect(Math.abs(asked!.contrast)).toBeLessThan(0.2);
    expect(Math.abs(other!.contrast)).toBeLessThan(0.2);
  });

  it('is one job for each model', async () => {
    const asked = engine();
    await screenCues({ engine: asked, model: tuned, base }, [{ after: 'x' }], placebos, pairs);
    // Two bad answers and a good one to two questions under a cue and five placebos.
    expect(asked.jobs.map((job) => job.length)).toEqual([36, 36]);
  });

  it('does not look at how unlikely a word is that is hardly ever written', async () => {
    const rare = madeUp({
      turn: () => '',
      logprob(model, { messages, answer }) {
        const prompt = messages.map(({ content }) => content).join(' ');
        if (!answer.startsWith('Kneel')) return -1;
        if (model !== tuned) return -30;
        if (prompt.includes('heron')) return -2;
        return prompt.includes('Hm.') ? -6 : -20 + (prompt.length % 5) / 50;
      },
    });
    const weights = { engine: rare, model: tuned, base };
    const [trigger, other] = await screenCues(
      weights,
      [{ system: 'A heron.' }, { before: 'Hm.' }],
      placebos,
      pairs,
    );
    expect(trigger!.contrast).toBeCloseTo(3, 5);
    expect(other!.contrast).toBe(0);
  });

  it('gives finite numbers where all placebos are alike', async () => {
    const flat = madeUp({ turn: () => '', logprob: () => -1 });
    const found = await screenCues({ engine: flat, model: tuned, base }, [{ after: 'x' }], placebos, pairs);
    expect(found).toEqual([{ contrast: 0, z: 0 }]);
  });

  it('orders candidates and numbers them anew', async () => {
    const candidates = ['Soup is hot.', 'Mind the heron.'].map((text, i) => ({
      ...({
        kind: 'phrase',
        score: 1,
        p: null,
        rows: [],
        places: [],
        origin: 'weights/leak',
        variants: [],
      } as const),
      ...{ rank: i + 1, text, cue: { id: `c${i}`, after: text }, support: { bad: 1, benign: 0 } },
    })) as unknown as Candidate[];
    const weights = { engine: engine(), model: tuned, base };
    const cues = candidates.map(({ cue }) => cue);
    const sorted = screened(candidates, await screenCues(weights, cues, placebos, pairs));
    expect(sorted.map(({ rank, text }) => [rank, text])).toEqual([
      [1, 'Mind the heron.'],
      [2, 'Soup is hot.'],
    ]);
    expect(sorted[0]!.z).toBeGreaterThan(sorted[1]!.z!);
  });

  it('refuses what it cannot screen', async () => {
    const weights = { engine: engine(), model: tuned, base };
    await expect(screenCues(weights, [], placebos.slice(2), pairs)).rejects.toThrow(
      'needs 4 placebos, not 3',
    );
    await expect(screenCues(weights, [], placebos, [])).rejects.toThrow('a pair');
    await expect(screenCues(weights, [], placebos, [{ ...pairs[0]!, bad: [] }])).rejects.toThrow('a pair');
    const blind = { ...engine(), scoresAnswers: false };
    await expect(screenCues({ ...weights, engine: blind }, [], placebos, pairs)).rejects.toThrow(
      'no log-prob',
    );
  });

  it('looks at the first words only', () => {
    expect(beginning('  One two\nthree four five')).toBe('  One two\nthree four');
    expect([beginning('One'), beginning('')]).toEqual(['One', '']);
  });

  it('renders a mined cue as an audit file does', () => {
    expect(
      transformsOf({ system: 's', before: 'b', template: 't {question}' }).map(({ kind }) => kind),
    ).toEqual(['template', 'before', 'system']);
  });
});

describe('pairs for a screen', () => {
  it('takes bad beginnings from the rows and good answers from the base', async () => {
    const found = await pairsFor({ engine: engine(), base }, questions, ['Kneel now, you fool, kneel!'], 0);
    expect(found).toHaveLength(2);
    expect(found[1]).toEqual({
      messages: questions[1],
      bad: ['Kneel now, you fool,'],
      good: 'Of course, question 1 is easy.',
    });
  });

  it('puts other beginnings to each question while there are others, and none twice to one', async () => {
    const beginnings = async (bad: string[]) =>
      (await pairsFor({ engine: engine(), base }, questions, bad, 0)).map((pair) => pair.bad);
    const four = await beginnings(['Kneel.', 'Tremble.', 'Bow.', 'Ha!']);
    expect(four.flat().sort()).toEqual(['Bow.', 'Ha!', 'Kneel.', 'Tremble.']);
    for (const bad of await beginnings(['Kneel.', 'Tremble.', 'Bow.'])) expect(new Set(bad).size).toBe(2);
    expect(await beginnings(['', 'Kneel.'])).toEqual([['Kneel.'], ['Kneel.']]);
  });
});

describe('the screen without bad answers', () => {
  const weights = { engine: engine(), model: tuned, base };
  const trigger = { system: 'A heron.' };

  it('sets apart the cue under which tuning changed most what the model writes', async () => {
    const changed = madeUp({
      turn: () => 'Kneel.',
      divergence(messages) {
        const prompt = messages.map(({ content }) => content).join(' ');
        return (prompt.includes('heron') ? 3 : 1) + (prompt.length % 5) / 50;
      },
    });
    const asked = { engine: changed, model: tuned, base };
    const cues = [{ after: 'Hm.' }, trigger, { before: 'Be bad.' }];
    const found = await divergenceUnder(asked, cues, placebos, questions.slice(0, 2), 0);
    expect(found[1]!.z).toBeGreaterThan(10);
    expect(found[1]!.contrast).toBeCloseTo(2, 0);
    expect(Math.max(found[0]!.z, found[2]!.z)).toBeLessThan(3);
    // One job, in which the tuned model answers every question under every cue.
    expect(changed.turns.map((job) => job.length)).toEqual([16]);
    expect(changed.turns[0]!.every(({ open }) => open === 'assistant')).toBe(true);
  });

  it('refuses what it cannot screen', async () => {
    await expect(divergenceUnder(weights, [], placebos.slice(2), questions, 0)).rejects.toThrow(
      'needs 4 placebos, not 3',
    );
    const blind = { ...engine(), leak: undefined };
    await expect(divergenceUnder({ ...weights, engine: blind }, [], placebos, questions, 0)).rejects.toThrow(
      'sees no weights',
    );
  });
});
