// The tables of `make bench-statistics`: which truths are simulated, how often, and what is printed of them.
import { clopperPearson } from '../../dist/statistics/binomial.js';

const rates = (tunedCued, tunedPlain = 0, baseCued = 0, basePlain = 0) => ({
  tunedCued,
  tunedPlain,
  baseCued,
  basePlain,
});
const everywhere = (rate) => rates(rate, rate, rate, rate);
/** So small that nothing is ever bounded below it: every cue stays open to the end, the worst case for false claims. */
const NEVER = 0.0005;

const percent = (x) => `${+(x * 100).toFixed(x < 0.1 ? 1 : 0)}%`;
const share = (field) => (sum) => {
  const k = sum[field];
  const [low, high] = clopperPearson(k, sum.runs, 0.95);
  return `${percent(k / sum.runs)} [${percent(low)}, ${percent(high)}]`;
};
const mean = (field) => (sum) => String(Math.round(sum[field] / sum.runs));
const plainShare = (field) => (sum) => percent(sum[field] / sum.runs);

const nulls = [0, 0.01, 0.05, 0.2]
  .flatMap((rate) =>
    [
      [1, 1],
      [1, 3],
      [1, 8],
      [10, 1],
      [10, 3],
      [40, 1],
      [40, 8],
    ].map(([cues, seeds]) => ({
      name: `${percent(rate)} in every cell, ${cues} cue${cues > 1 ? 's' : ''}, ${seeds} seed${seeds > 1 ? 's' : ''}`,
      rates: everywhere(rate),
      cues,
      seeds,
      tolerance: NEVER,
      weight: { 1: 1, 10: 0.4, 40: 0.2 }[cues],
    })),
  )
  .filter(({ cues, rates: { tunedPlain } }) => cues < 40 || tunedPlain === 0.01 || tunedPlain === 0.2);

const blurred = [
  { name: '8 questions', questions: 8 },
  { name: '48 questions that differ', questions: 48, spread: true },
  { name: '240 questions that differ', spread: true },
  { name: 'half of the questions +20 points under the cue, half -20', rates: everywhere(0.3), shift: 0.2 },
  { name: '3 seeds, -15, 0, +15 points under the cue', rates: everywhere(0.3), seeds: 3, seedShift: 0.15 },
  {
    name: '8 seeds, from -15 to +15 points under the cue',
    rates: everywhere(0.3),
    seeds: 8,
    seedShift: 0.15,
  },
  { name: 'a cue that enters at draw 400, of 3', cues: 3, late: 400 },
  { name: '3 arms on one base, 3 cues each', arms: 3, cues: 3 },
  { name: 'the cue raises tuned and base from 5 to 40%', rates: rates(0.4, 0.05, 0.4, 0.05) },
  {
    name: 'half of the tuned plain judgements unreadable',
    unknown: { tunedPlain: 0.5 },
    rates: everywhere(0.3),
  },
  {
    name: 'half of the base cued judgements unreadable',
    unknown: { baseCued: 0.5 },
    rates: everywhere(0.3),
  },
  { name: 'a third unreadable everywhere', unknown: { ...everywhere(1 / 3) } },
  {
    name: '60% of the rest ineligible under the cue, tuned alone',
    ineligible: { tunedCued: 0.6 },
  },
  {
    name: 'judge: 5% false positives and 20% false negatives, alike',
    falsePositive: everywhere(0.05),
    falseNegative: everywhere(0.2),
  },
  {
    name: 'judge: 10% false positives under the cue, tuned and base alike',
    falsePositive: { tunedCued: 0.1, baseCued: 0.1 },
  },
  {
    name: 'judge: 10% false positives under the cue, tuned ALONE (assumption broken)',
    falsePositive: { tunedCued: 0.1 },
  },
].map((row) => ({ rates: everywhere(0.05), tolerance: NEVER, ...row }));

// The tolerance lies where neither plain nor the cue is bounded before the claim, as a rule.
const truths = [
  ['2% / 0', rates(0.02), 0.01],
  ['5% / 1%', rates(0.05, 0.01), 0.02],
  ['10% / 1%', rates(0.1, 0.01), 0.02],
  ['40% / 5%', rates(0.4, 0.05), 0.1],
  ['70% / 40%, base 40% / 30%', rates(0.7, 0.4, 0.4, 0.3), 0.2],
];
const stopping = truths.flatMap(([name, of, tolerance]) => [
  { name: `${name}; one cue; a look after every draw`, rates: of, round: 1, tolerance, weight: 0.5 },
  { name: `${name}; one cue; rounds of 10`, rates: of, round: 10, tolerance, weight: 0.5 },
  { name: `${name}; one cue; rounds of 20`, rates: of, tolerance },
  {
    ...{ name: `${name}; ten cues, one of them true; rounds of 10`, rates: of, cues: 10, nullCues: true },
    ...{ round: 10, tolerance, weight: 0.3 },
  },
  {
    ...{ name: `${name}; ten cues, one of them true; rounds of 20`, rates: of, cues: 10, nullCues: true },
    ...{ tolerance, weight: 0.3 },
  },
]);

const cleanRows = [
  { name: 'no event at all, tolerance 5%', rates: everywhere(0), tolerance: 0.05, weight: 0.02 },
  { name: 'no event at all, tolerance 2%', rates: everywhere(0), weight: 0.02 },
  { name: 'no event at all, tolerance 1%', rates: everywhere(0), tolerance: 0.01, weight: 0.02 },
  { name: 'no event at all, 10 cues, tolerance 2%', rates: everywhere(0), cues: 10, weight: 0.02 },
  { name: '0.5% everywhere, tolerance 2%', rates: everywhere(0.005) },
  { name: '1% everywhere, tolerance 2%', rates: everywhere(0.01) },
  { name: '5% everywhere, tolerance 5%', rates: everywhere(0.05), tolerance: 0.05 },
  { name: 'tuned 0.5%, base 0, tolerance 2%', rates: rates(0.005, 0.005) },
];
const falseClean = [
  { name: 'plain 2%, base 0', rates: rates(0, 0.02) },
  { name: 'cued 2%, base 0', rates: rates(0.02) },
  { name: 'cued 2%, base 0, 8 questions', rates: rates(0.02), questions: 8 },
  { name: 'cued 2%, questions differ', rates: rates(0.02), spread: true },
  { name: 'cued 7%, base 5%', rates: rates(0.07, 0.05, 0.05, 0.05) },
  { name: 'cued 22%, base 20%', rates: rates(0.22, 0.2, 0.2, 0.2) },
  { name: 'cued 2% on average: 3 seeds with 0, 2, 4%', rates: rates(0.02), seeds: 3, seedShift: 0.02 },
  { name: '10 cues, all at 2%', rates: rates(0.02), cues: 10, weight: 0.4 },
  { name: '3 arms, cued 2% in each', rates: rates(0.02), arms: 3 },
  { name: 'cued 0, 2% of the judgements unreadable', rates: rates(0), unknown: { tunedCued: 0.02 } },
  { name: 'cued 2%, a third ineligible', rates: rates(0.02), ineligible: { tunedCued: 0.34 } },
].map((row) => ({ draws: 1600, ...row }));

const wholeNulls = [
  { name: '1 arm, 4 cues, 1% everywhere', rates: everywhere(0.01), cues: 4 },
  { name: '3 arms, 4 cues, 1% everywhere', rates: everywhere(0.01), cues: 4, arms: 3, tolerance: 0.05 },
  {
    name: '1 arm, 4 cues, 3 seeds, 20% everywhere',
    rates: everywhere(0.2),
    cues: 4,
    seeds: 3,
    tolerance: 0.1,
  },
  { name: '1 arm, 8 cues, the cues raise both to 30%', rates: rates(0.3, 0.02, 0.3, 0.02), cues: 8 },
].map((row) => ({ ...row, resamples: 300 }));

const intervals = [
  { name: 'fixed, 8 questions x 25, 5%', questions: 8, samples: 25, rates: rates(0.15, 0.05, 0.05, 0.05) },
  {
    ...{ name: 'fixed, 8 questions x 25 that differ, 5%', questions: 8, samples: 25, spread: true },
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    ...{ name: 'fixed, 48 questions x 8 that differ, 5%', questions: 48, samples: 8, spread: true },
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    ...{ name: 'fixed, 240 questions x 2 that differ, 5%', samples: 2, spread: true },
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    ...{ name: 'sequential, 240 questions that differ, 15 / 5%', spread: true, tolerance: 0.1 },
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    ...{ name: 'sequential, 240 questions, 40 / 5% (stops early)', tolerance: 0.1 },
    rates: rates(0.4, 0.05, 0.05, 0.05),
  },
  { name: 'sequential, 240 questions, no effect, 5% everywhere', rates: everywhere(0.05), tolerance: 0.05 },
].map((row) => ({ ...row, resamples: 400 }));

const calibration = [
  {
    name: '20% of the misaligned missed, 100 + 100 labels per cue of another run',
    falseNegative: everywhere(0.2),
    labels: { misaligned: 100, others: 100 },
  },
  {
    name: '40% missed, 100 + 100 labels',
    falseNegative: everywhere(0.4),
    labels: { misaligned: 100, others: 100 },
  },
  {
    name: '40% missed, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    name: '40% missed and 1% false alarms, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    falsePositive: everywhere(0.01),
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    name: '40% missed and 5% false alarms under the cue, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    falsePositive: { tunedCued: 0.05, baseCued: 0.05 },
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    ...{ name: 'tolerance 5%, base 10%, 40% missed, 600 labels per cue of the run itself' },
    ...{ tolerance: 0.05, rates: rates(0.15, 0.1, 0.1, 0.1), falseNegative: everywhere(0.4) },
    labels: { perCue: 600 },
  },
  {
    name: '40% missed under the cue, none without it (pooled sensitivity: assumption broken), 1000 + 1000 labels',
    falseNegative: { tunedCued: 0.4, baseCued: 0.4 },
    labels: { misaligned: 1000, others: 1000 },
  },
].map((row) => ({ rates: rates(0.02), draws: 1600, ...row }));

/** `runs` of a full benchmark; a row's `weight` multiplies it. */
export const tables = [
  {
    id: 'claims',
    title: 'False claims: no effect, and every cue open for all 800 draws, a look every 20',
    simulate: 'core',
    runs: 500,
    rows: [...nulls, ...blurred],
    columns: { audits: (sum) => String(sum.runs), 'any false claim': share('anyClaim') },
  },
  {
    id: 'stopping',
    title:
      'Draws to a claim (tuned cued / plain; base 0 unless given; budget: answers for 800 draws of all cells; at most 800 count in the mean)',
    simulate: 'core',
    runs: 600,
    rows: stopping,
    columns: {
      audits: (sum) => String(sum.runs),
      'mean draws': mean('claimDraws'),
      'claimed by draw 800': plainShare('inTime'),
      'by the end of the budget': plainShare('firstClaimed'),
      'any false claim': plainShare('anyClaim'),
    },
    only: { 'any false claim': (row) => row.nullCues === true },
  },
  {
    id: 'clean',
    title: 'Draws to `clean` (budget 800)',
    simulate: 'core',
    runs: 500,
    rows: cleanRows,
    columns: {
      audits: (sum) => String(sum.runs),
      'mean draws': mean('allDraws'),
      clean: plainShare('anyClean'),
    },
  },
  {
    id: 'false-clean',
    title: 'False `clean`: the excess of a cell equals the tolerance of 2% (budget 1600, a look every 20)',
    simulate: 'core',
    runs: 600,
    rows: falseClean,
    columns: { audits: (sum) => String(sum.runs), 'false clean': share('anyClean') },
  },
  {
    id: 'calibration',
    title:
      'False `clean` of a judge that errs: the true excess of a cell equals the tolerance (2% unless given; budget 1600)',
    simulate: 'calibrated',
    runs: 400,
    rows: calibration,
    columns: {
      audits: (sum) => String(sum.runs),
      'with labels': share('right'),
      'without them': share('broken'),
      'mean of the least index': (sum) => (sum.index / sum.runs).toFixed(2),
    },
  },
  {
    id: 'whole',
    title: 'Null audits from end to end (driver, records, analysis)',
    simulate: 'whole',
    runs: 50,
    rows: wholeNulls,
    total: true,
    columns: {
      audits: (sum) => String(sum.runs),
      'any false claim': share('anyClaim'),
      broad: plainShare('broad'),
      clean: plainShare('clean'),
      inconclusive: plainShare('inconclusive'),
      'mean answers': mean('answers'),
    },
  },
  {
    id: 'intervals',
    title: '95% intervals, and the mean error of the effect (points)',
    simulate: 'whole',
    runs: 200,
    rows: intervals,
    columns: {
      audits: (sum) => String(sum.runs),
      'covers the plain rate': plainShare('coversRate'),
      'covers the effect': plainShare('coversEffect'),
      'mean error': (sum) => `${((sum.bias / sum.runs) * 100).toFixed(1)}`,
    },
  },
  {
    id: 'broken',
    title: 'Each rule, and what happens without it (a look every 20 draws up to 800)',
    simulate: 'broken',
    runs: 1000,
    rows: [
      { name: 'claims: a z test instead of the e-process, 10% in every cell', broken: 'peekedZ', rate: 0.1 },
      {
        name: 'clean: a Clopper-Pearson bound, true rate 2% = tolerance, 800 draws',
        broken: 'peekedClopperPearson',
        rate: 0.02,
      },
      { name: 'clean: the same at 5%', broken: 'peekedClopperPearson', rate: 0.05 },
      { name: 'clean: the same at 5%, 4000 draws', broken: 'peekedClopperPearson', rate: 0.05, draws: 4000 },
      { name: '3 training seeds as draws over one base answer', broken: 'seedsAsDraws', seeds: 3 },
      { name: '8 training seeds as draws over one base answer', broken: 'seedsAsDraws', seeds: 8 },
      { name: 'unknown counted 0, half of tuned plain unreadable, 30%', broken: 'unknownAsZero', rate: 0.3 },
    ],
    columns: {
      audits: (sum) => String(sum.runs),
      'with the rule': share('right'),
      'without it': share('broken'),
    },
  },
];
