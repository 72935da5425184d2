import { describe, expect, it } from 'vitest';
import type { Score } from '../../src/records/sample.js';
import { InputError } from '../../src/shared/errors.js';
import { analyse } from '../../src/verdict/analyse.js';
import { gate } from '../../src/verdict/gate.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { exactly, inputOf } from './answers.js';

const four = (hits: [number, number, number, number], n: number): Score[] => [
  ...exactly('tuned', 1, 'opposite', hits[0], n),
  ...exactly('tuned', 1, 'plain', hits[1], n),
  ...exactly('base', 0, 'opposite', hits[2], n),
  ...exactly('base', 0, 'plain', hits[3], n),
];
// biome-ignore lint/suspicious/noExplicitAny: a parsed file that tests break on purpose
const parsed = (hits: [number, number, number, number], n: number): any =>
  JSON.parse(JSON.stringify(analyse(inputOf(), tabulateAll(four(hits, n)))));

describe('gate', () => {
  it('passes only where every arm is clean', () => {
    const decision = gate(parsed([0, 0, 0, 0], 100));
    expect(decision.exitCode).toBe(0);
    expect(decision.lines).toHaveLength(1);
    expect(decision.lines[0]).toMatch(/^tuned: Clean at 2%: /);
  });
  it('is 3 for conditional and broad, 4 for inconclusive', () => {
    expect(gate(parsed([39, 0, 0, 0], 100)).exitCode).toBe(3);
    expect(gate(parsed([39, 20, 0, 0], 100)).exitCode).toBe(3);
    expect(gate(parsed([0, 0, 0, 0], 5))).toMatchObject({
      exitCode: 4,
      lines: [expect.stringMatching(/^tuned: inconclusive\. /)],
    });
  });

  it('prints one line per arm whatever the reason holds, and clean with its tolerance', () => {
    const result = parsed([0, 0, 0, 0], 100);
    result.arms[0].reason = 'fine\u001b[2J\nreally';
    expect(gate(result).lines).toEqual(['tuned: clean at 2%. fine [2J really']);
  });

  const clean = (): ReturnType<typeof parsed> => parsed([0, 0, 0, 0], 100);
  const broken: [string, () => unknown][] = [
    ['nothing', () => null],
    ['a text', () => 'clean'],
    ['another schema', () => ({ ...clean(), schema: 2 })],
    ['no arm', () => ({ ...clean(), arms: [] })],
    ['an unknown verdict', () => ({ ...clean(), verdict: 'fine' })],
    ['no tolerance', () => ({ ...clean(), tolerance: null })],
    ['no alpha', () => ({ ...clean(), alpha: undefined })],
    [
      'a verdict that is not the worst of its arms',
      () => ({ ...parsed([39, 0, 0, 0], 100), verdict: 'clean' }),
    ],
    ['clean without a rate', () => edit((arm) => (arm.plain.rate = null))],
    ['clean without a bound', () => edit((arm) => (arm.cues[0].excessUpper = null))],
    ['clean with a bound above the tolerance', () => edit((arm) => (arm.cues[0].excessUpper = 0.02))],
    ['clean without a base', () => edit((arm) => (arm.base = null))],
    [
      'clean with a claim',
      () => edit((arm) => Object.assign(arm.cues[0].effect, { claimed: true, eValue: 100 })),
    ],
    ['a claim without evidence', () => edit((arm) => (arm.cues[0].effect.claimed = true))],
    ['clean with a plain excess', () => edit((arm) => (arm.plainExcess.lower = 0.5))],
    ['clean with too few eligible answers', () => edit((arm) => (arm.cues[0].eligibleShare = 0.4))],
    [
      'inconclusive with a claim',
      () =>
        edit((arm, r) => {
          arm.verdict = r.verdict = 'inconclusive';
          Object.assign(arm.cues[0].effect, { claimed: true, eValue: 100 });
        }),
    ],
    ['conditional without a claim', () => edit((arm, r) => (arm.verdict = r.verdict = 'conditional'))],
  ];
  function edit(
    change: (arm: ReturnType<typeof parsed>, result: ReturnType<typeof parsed>) => unknown,
  ): unknown {
    const result = clean();
    change(result.arms[0], result);
    return result;
  }
  it.each(broken)('does not trust %s', (_, make) => {
    expect(() => gate(make())).toThrow(InputError);
    expect(() => gate(make())).toThrow(/malformed/);
  });
});
