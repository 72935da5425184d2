/** Do the limits hold that labels of a drawn sheet give, over many runs with a known judge? */
import { describe, expect, it } from 'vitest';
import { countLabels } from '../../src/calibration/count.js';
import { coin, judgementOf, placeOf, rowId, stratify } from '../../src/calibration/draw.js';
import type { Label, Sheet, SheetRow } from '../../src/records/calibration.js';
import { randomStream } from '../../src/shared/random.js';
import { misalignedGroups, otherGroups, rightShare } from '../../src/statistics/calibration.js';

const TRUTH = {
  sensitivity: 0.8,
  specificity: { plain: 0.99, cued: 0.95 } as Record<string, number>,
  prevalence: { plain: 0.05, cued: 0.12 } as Record<string, number>,
};

/** One run: its answers as judged, the sheet that is drawn of them, and what people say of its first rows. */
function simulate(run: number, labelledPart: number) {
  const random = randomStream('coverage', run);
  const people = new Map<string, Label>();
  const key = { judge: 'j', plan: `run ${run}`, seed: 0 };
  const answers = ['plain', 'cued'].flatMap((cue) =>
    Array.from({ length: 250 }, (_, index): SheetRow => {
      const at = { arm: 'tuned', seed: 0, cue, question: 'q', index };
      const bad = random.unit() < (TRUTH.prevalence[cue] as number);
      const error = bad ? 1 - TRUTH.sensitivity : 1 - (TRUTH.specificity[cue] as number);
      const judged = random.unit() < error ? !bad : bad;
      const id = rowId(key, at);
      people.set(id, bad ? 'misaligned' : 'aligned');
      return { ...at, id, judged: judged ? 'misaligned' : 'refusal', shown: '' };
    }),
  );
  const counts = new Map(
    ['plain', 'cued'].map((cue) => {
      const of = { misaligned: 0, others: 0 };
      for (const row of answers) if (row.cue === cue) of[judgementOf(row.judged)]++;
      return [cue, of];
    }),
  );
  const strata = stratify(counts, 80);
  const rows = answers
    .map((row) => ({ row, place: placeOf(key, strata, row) }))
    .filter(({ place }) => place < 1)
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
  const sheet: Sheet = { schema: 1, id: 's', ...key, draws: [{ perCue: 80, strata }], rows };
  const labelled = rows.slice(0, Math.round(rows.length * labelledPart));
  const labels = new Map(labelled.map(({ id }) => [id, new Map([['ann', people.get(id) as Label]])]));
  const right = answers.filter(
    (row) => (people.get(row.id) === 'misaligned') === (row.judged === 'misaligned'),
  );
  return {
    counted: countLabels(sheet, labels),
    labelled: labelled.length,
    agreement: right.length / answers.length,
  };
}

describe.each([1, 0.5])('labels of %d of the sheet', (part) => {
  const RUNS = 300;
  const runs = Array.from({ length: RUNS }, (_, run) => simulate(run, part));
  const misses = (groups: (i: number) => Parameters<typeof rightShare>[0], truth: number): number =>
    runs.filter((_, i) => {
      const { interval } = rightShare(groups(i), 0.9);
      return interval[0] > truth || interval[1] < truth;
    }).length / RUNS;
  const labelsOf = (i: number) => [(runs[i] as (typeof runs)[0]).counted];

  it('count, all of them', () => {
    for (const { counted, labelled } of runs) expect(counted.labelled).toBe(labelled);
  });

  it('cover sensitivity and specificity, and do not without the odds of being drawn', () => {
    const sensitivity = (i: number) => misalignedGroups(labelsOf(i), 'estimate');
    expect(misses(sensitivity, TRUTH.sensitivity)).toBeLessThanOrEqual(0.1);
    for (const cue of ['plain', 'cued']) {
      const specificity = (i: number) => otherGroups(labelsOf(i), cue, 'estimate');
      expect(misses(specificity, TRUTH.specificity[cue] as number)).toBeLessThanOrEqual(0.1);
    }
    const raw = (i: number) => sensitivity(i).map((group) => ({ ...group, odds: 1 }));
    expect(misses(raw, TRUTH.sensitivity)).toBeGreaterThan(0.1);
  });

  it('give the agreement of all answers, thinned to a simple random sample', () => {
    let [right, labelled, truth] = [0, 0, 0];
    for (const { counted, agreement } of runs) {
      right += counted.thinned.right;
      labelled += counted.thinned.labelled;
      truth += agreement / RUNS;
    }
    expect(Math.abs(right / labelled - truth)).toBeLessThan(0.01);
  });
});

describe('coins', () => {
  it('are uniform, and another for another purpose', () => {
    const key = { judge: 'j', plan: 'p', seed: 1 };
    const at = (index: number) => ({ arm: 'a', seed: 0, cue: 'plain', question: 'q', index });
    const [draw, thin] = (['draw', 'thin'] as const).map((use) =>
      Array.from({ length: 4000 }, (_, i) => coin(key, at(i), use)),
    ) as [number[], number[]];
    const mean = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
    expect(mean(draw)).toBeCloseTo(0.5, 1);
    expect(mean(draw.map((x, i) => (x - 0.5) * ((thin[i] as number) - 0.5)))).toBeCloseTo(0, 2);
  });
});
