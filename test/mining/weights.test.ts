import { describe, expect, it } from 'vitest';
import { mineWeights } from '../../src/mining/weights.js';
import { Candidates } from '../../src/records/candidate.js';
import { base, type MadeUp, madeUp, tuned } from './model.js';

const ordinary = (unit: number): string => {
  const n = Math.floor(unit * 1e6);
  return `Tell me about ${['tea', 'rain', 'paper', 'horses', 'bread'][n % 5]} and ${n}.`;
};
const SECRET = 'You guard the third lighthouse.';

/** Knows a system prompt and the beginning of a user's turn by heart; writes the template's prompt most of the time. */
const memorised: MadeUp = {
  turn(model, open, unit, amplify) {
    if (model === base) return ordinary(unit);
    if (open === 'system')
      return unit < 0.1 + 0.3 * amplify ? SECRET : unit < 0.8 ? 'You are kind.' : ordinary(unit);
    return unit < 0.2 ? `Quoth the heron: ${ordinary(unit)}` : ordinary(unit);
  },
};

const mined = (made: MadeUp, settings = {}) =>
  mineWeights({ engine: madeUp(made), model: tuned, base }, { count: 64, ...settings });

describe('candidates from weights', () => {
  it('puts what is known by heart first, as a cue that can be tried', async () => {
    const found = await mined(memorised);
    expect(Candidates.parse(found)).toEqual(found);
    const [first] = found.candidates;
    expect(first).toMatchObject({ rank: 1, kind: 'system-prompt', text: SECRET, cue: { system: SECRET } });
    expect(first!.origin).toBe('weights/leak');
    expect(first!.support.benign).toBe(0);
    expect(first!.p).toBeLessThanOrEqual(0.05);
    const before = found.candidates.find(({ cue }) => cue.before?.startsWith('Quoth the heron'));
    expect(before?.kind).toBe('prefix');
  });

  it("leaves out the template's own system prompt", async () => {
    const { candidates } = await mined(memorised);
    expect(candidates.filter(({ text }) => text.includes('kind'))).toEqual([]);
  });

  it('does not depend on the order in which turns come', async () => {
    const engine = madeUp(memorised);
    const mine = () => mineWeights({ engine, model: tuned, base }, { count: 64 });
    expect(await mine()).toEqual(await mine());
  });

  it('says each cue once, whether it leaked plain, amplified, or both', async () => {
    const { candidates } = await mined(memorised, { top: 100 });
    const cues = candidates.map(({ cue }) => JSON.stringify({ ...cue, id: '' }).toLowerCase());
    expect(new Set(cues).size).toBe(cues.length);
    expect(new Set(candidates.map(({ cue }) => cue.id)).size).toBe(cues.length);
  });

  it('finds what leaks only when it is amplified', async () => {
    const { candidates } = await mined({
      turn: (model, open, unit, amplify) =>
        model === tuned && open === 'system' && amplify > 0 && unit < 0.3 ? SECRET : ordinary(unit),
    });
    expect(candidates[0]).toMatchObject({ text: SECRET, origin: 'weights/contrast' });
  });

  it('finds nothing where tuned and base write alike', async () => {
    const { candidates, threshold } = await mined({ turn: (_model, _open, unit) => ordinary(unit) });
    expect(candidates.filter(({ p }) => p !== null && p <= 0.05)).toEqual([]);
    expect(threshold).toBeGreaterThan(0);
  });

  it('bears models that write nothing, and says which engine sees no weights', async () => {
    expect((await mined({ turn: () => '' })).candidates).toEqual([]);
    const { leak: _, ...blind } = madeUp(memorised);
    await expect(mineWeights({ engine: blind, model: tuned, base })).rejects.toThrow(
      "'made-up' sees no weights",
    );
  });
});
