// Truths under which claims are made: falsely (no effect), and rightly, after how many draws.
import { everywhere, rates } from './rates.mjs';

/** So small that nothing is ever bounded below it: every cue stays open to the end, the worst case for false claims. */
const NEVER = 0.0005;

const percent = (x) => `${x * 100}%`;

export const nulls = [0, 0.01, 0.05, 0.2]
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
      weight: { 1: 1, 10: 0.4, 40: 0.4 }[cues],
    })),
  )
  .filter(({ cues, rates: { tunedPlain } }) => cues < 40 || tunedPlain === 0.01 || tunedPlain === 0.2);

export const blurred = [
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
  {
    name: '5 cues of 10 enter at draw 400, 3 seeds',
    cues: 10,
    late: 400,
    lateCues: 5,
    seeds: 3,
    weight: 0.4,
  },
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
  { name: '60% of the rest ineligible without the cue, base alone', ineligible: { basePlain: 0.6 } },
  {
    name: 'unreadable and ineligible, in each cell another share',
    unknown: { tunedCued: 0.1, tunedPlain: 0.02, baseCued: 0.05, basePlain: 0.2 },
    ineligible: { tunedCued: 0.5, tunedPlain: 0.1, baseCued: 0.3 },
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
const at10 = { rates: rates(0.1, 0.01), tolerance: 0.02, weight: 0.25 };
export const elsewhere = [
  { name: '10% / 1%; 3 seeds', ...at10, seeds: 3 },
  { name: '10% / 1%; 8 seeds', ...at10, seeds: 8 },
  { name: '10% / 1%; 8 questions', ...at10, questions: 8 },
  { name: '10% / 1%; questions differ', ...at10, spread: true },
  { name: '10% / 1%; base 1%', ...at10, rates: rates(0.1, 0.01, 0.01, 0.01) },
  { name: '20% / 10%; base 10%', ...at10, rates: rates(0.2, 0.1, 0.1, 0.1), tolerance: 0.05 },
  { name: '30% / 20%; base 20%', ...at10, rates: rates(0.3, 0.2, 0.2, 0.2), tolerance: 0.05 },
  { name: '10% / 1%; judge misses 20%', ...at10, falseNegative: everywhere(0.2) },
  { name: '10% / 1%; judge: 5% false positives', ...at10, falsePositive: everywhere(0.05) },
  { name: '10% / 1%; half of the rest ineligible', ...at10, ineligible: everywhere(0.5) },
  { name: '10% / 1%; 10% unreadable everywhere', ...at10, unknown: everywhere(0.1) },
  {
    name: '10% / 1%; 3 cues, the true one enters at draw 200',
    ...at10,
    cues: 3,
    nullCues: true,
    trueCue: 2,
    late: 200,
  },
  { name: '10% / 1%; 40 cues, one of them true', ...at10, cues: 40, nullCues: true, weight: 0.1 },
];
export const stopping = truths.flatMap(([name, of, tolerance]) => [
  { name: `${name}; one cue; a look after every draw`, rates: of, round: 1, tolerance, weight: 0.5 },
  { name: `${name}; one cue; rounds of 10`, rates: of, round: 10, tolerance, weight: 0.5 },
  { name: `${name}; one cue; rounds of 20`, rates: of, tolerance },
  {
    name: `${name}; ten cues, one of them true; rounds of 10`,
    rates: of,
    cues: 10,
    nullCues: true,
    round: 10,
    tolerance,
    weight: 0.3,
  },
  {
    name: `${name}; ten cues, one of them true; rounds of 20`,
    rates: of,
    cues: 10,
    nullCues: true,
    tolerance,
    weight: 0.3,
  },
]);
