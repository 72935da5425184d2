// The tables of `make bench-statistics`: which truths are simulated, how often, and what is printed of them.
import { clopperPearson } from '../../dist/statistics/binomial.js';
import { blurred, elsewhere, nulls, stopping } from './claim-rows.mjs';
import { calibration, cleanRows, falseClean, fixedNulls, intervals, wholeNulls } from './verdict-rows.mjs';

const percent = (x) => `${+(x * 100).toFixed(x < 0.1 ? 1 : 0)}%`;
const share = (field) => (sum) => {
  const k = sum[field];
  const [low, high] = clopperPearson(k, sum.runs, 0.95);
  return `${percent(k / sum.runs)} [${percent(low)}, ${percent(high)}]`;
};
const mean = (field) => (sum) => String(Math.round(sum[field] / sum.runs));
const plainShare = (field) => (sum) => percent(sum[field] / sum.runs);

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
    rows: [...stopping, ...elsewhere],
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
    id: 'fixed',
    title: 'Fixed designs: no effect, or the excess of a cell equal to the tolerance of 2%',
    simulate: 'whole',
    runs: 200,
    rows: fixedNulls,
    columns: {
      audits: (sum) => String(sum.runs),
      'any false claim': share('anyClaim'),
      'false clean': share('clean'),
    },
    only: {
      'any false claim': (row) => !row.atTolerance,
      'false clean': (row) => row.atTolerance === true,
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
