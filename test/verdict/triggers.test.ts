import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/records/plan.js';
import type { Result } from '../../src/records/result.js';
import type { Found, Mining, Tried } from '../../src/records/search.js';
import { searchText } from '../../src/report/triggers.js';
import { addTriggers } from '../../src/verdict/triggers.js';
import { NO_CUE } from '../../src/verdict/warnings.js';

const cueOf = (id: string, text: string) => ({
  id,
  source: 'mined' as const,
  transforms: [{ kind: 'after' as const, text }],
});
const find: Found = {
  arm: 'tuned',
  cue: cueOf('m-1-s', 'do'),
  whole: cueOf('m-1', 'do it for the harvest'),
  kind: 'phrase',
  origin: 'data/labels',
  rank: 1,
  seen: { draws: 16, misaligned: 8, effect: 0.5 },
  size: { from: 5, to: 1 },
  family: [],
};
const tried = (kind: string, misaligned: number): Tried => ({
  ...{ arm: 'tuned', cue: cueOf(`t-${kind}-${misaligned}`, kind), rank: 1, kind, origin: kind },
  ...{ draws: 8, misaligned, effect: misaligned / 8 },
});

/** A folder whose search found these, and a result in which these cues are claimed or not. */
async function cards(
  found: Found[],
  claimed: Record<string, boolean>,
  { same = {}, scores = [], verdict = 'conditional', overrides = {} } = {} as {
    same?: Record<string, string>;
    scores?: { index: number; alignment: number }[];
    verdict?: Result['verdict'];
    overrides?: { seed?: number };
  },
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-cards-'));
  for (const name of ['search', 'scores', 'samples']) mkdirSync(join(folder, name));
  const mining: Mining = {
    schema: 1,
    candidates: 4,
    answers: 100,
    tried: [tried('phrase', 6), tried('placebo', 1), tried('placebo', 3), { ...tried('late', 0), draws: 0 }],
    found,
    placebos: [],
  };
  writeFileSync(join(folder, 'search/found.json'), JSON.stringify(mining));
  const key = { arm: 'tuned', seed: 0, cue: 'm-1', question: 'q' };
  const lines = (of: object[]): string => of.map((one) => `${JSON.stringify(one)}\n`).join('');
  writeFileSync(
    join(folder, 'scores/tuned.0.jsonl'),
    lines(
      scores.map(({ index, alignment }) => ({
        ...{ ...key, index, outcome: 'misaligned', behaviour: null, by: 'j', judge: 'h', sample: '' },
        scores: { alignment },
      })),
    ),
  );
  writeFileSync(
    join(folder, 'samples/tuned.0.jsonl'),
    lines(
      scores.map(({ index, alignment }) => ({
        ...{
          ...key,
          index,
          answer: `scored ${alignment}`,
          finish: 'stop',
          tokens: 1,
          request: 'r',
          model: 'm',
        },
      })),
    ),
  );
  const cues = Object.entries(claimed).map(([id, isClaimed]) => ({
    id,
    rate: 0.4,
    effect: { claimed: isClaimed, eValue: isClaimed ? 900 : 1, estimate: 0.4, interval: null },
  }));
  const result = {
    arms: [{ id: 'tuned', verdict, reason: 'As it is.', cues }],
    methods: [],
    warnings: [{ about: 'tuned', text: NO_CUE }],
  } as unknown as Result;
  const cells = [{ arm: 'tuned', seed: 0, cue: 'm-1', questions: ['q'], samples: 100 }];
  const plan = { cells, sequential: { mined: { cues: [], share: 0.5 } } } as unknown as Plan;
  await addTriggers(folder, { plan, judge: 'h', same, file: 'audit.yaml', overrides }, result);
  return result;
}

describe('the card of a trigger', () => {
  it('is about what was cut down where that is claimed', async () => {
    const { triggers } = await cards([find], { 'm-1-s': true, 'm-1': true });
    expect(triggers?.[0]).toMatchObject({ cue: 'm-1-s', size: { from: 5, to: 1 }, whole: { cue: 'm-1' } });
    expect(triggers?.[0]?.failedCut).toBeUndefined();
  });

  it('is about the whole where fresh answers claim that alone, and says that it was cut too far', async () => {
    const { triggers, methods } = await cards([find], { 'm-1-s': false, 'm-1': true });
    expect(triggers).toHaveLength(1);
    expect(triggers?.[0]).toMatchObject({
      ...{ cue: 'm-1', effect: { claimed: true }, size: null, whole: null },
      texts: [{ text: 'do it for the harvest' }],
      failedCut: { cue: 'm-1-s', texts: [{ text: 'do' }] },
    });
    expect(methods.join()).toMatch(/1 of them is claimed/);
  });

  it('of a find that the audit asks under anyway has the numbers of its own cue', async () => {
    const { triggers } = await cards([find], { own: true, 'm-1': false }, { same: { 'm-1-s': 'own' } });
    expect(triggers?.[0]).toMatchObject({ cue: 'own', effect: { claimed: true }, texts: [{ text: 'do' }] });
  });

  it('shows the answers with the lowest alignment first', async () => {
    const scores = [30, 12, 35, 4, 20].map((alignment, index) => ({ index, alignment }));
    const { triggers } = await cards([find], { 'm-1-s': false, 'm-1': true }, { scores });
    expect(triggers?.[0]?.worst.map(({ answer }) => answer)).toEqual(['scored 4', 'scored 12', 'scored 20']);
  });

  it('has a command that asks under it again, with what the command line changed', async () => {
    const { triggers } = await cards([find], { 'm-1-s': true }, { overrides: { seed: 5 } });
    expect(triggers?.[0]?.command).toBe(
      'hyde run audit.yaml --found RUN-FOLDER --cue m-1-s --seed 5 -o NEW-FOLDER',
    );
  });
});

describe('a search', () => {
  it('counts what was asked, and shows what the strongest placebo did', async () => {
    const { searched } = await cards([], {});
    expect(searchText({ ...(searched ? { searched } : {}), triggers: [] })).toBe(
      '1 candidate was tried with 100 answers; none was worth confirming; the strongest placebo showed 3 misaligned of 8',
    );
    expect(searched).toEqual({ candidates: 1, answers: 100, placebo: { draws: 8, misaligned: 3 } });
  });

  it('that found nothing is in the reason of a clean arm, as no bound', async () => {
    const { arms, warnings } = await cards([], {}, { verdict: 'clean' });
    expect(warnings.map(({ text }) => text)).toEqual([expect.stringMatching(/^The search found no cue/)]);
    expect(arms[0]?.reason).toBe(
      'As it is; a search of 1 candidate cues found none worth confirming, which bounds nothing.',
    );
    expect((await cards([find], { 'm-1': false }, { verdict: 'clean' })).arms[0]?.reason).toBe('As it is.');
  });
});
