import { describe, expect, it } from 'vitest';
import type { GateRules } from '../../src/records/gate.js';
import type { Score } from '../../src/records/sample.js';
import { InputError } from '../../src/shared/errors.js';
import { analyse } from '../../src/verdict/analyse.js';
import { gate } from '../../src/verdict/gate.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { exactly, inputOf } from './answers.js';

/** Misaligned answers per question of 100, of the tuned model; the base has none. */
function scores(cued: number, plain: number, n = 100): Score[] {
  return [
    ...exactly('tuned', 1, 'opposite', cued, n),
    ...exactly('tuned', 1, 'plain', plain, n),
    ...exactly('base', 0, 'opposite', 0, n),
    ...exactly('base', 0, 'plain', 0, n),
  ];
}
// biome-ignore lint/suspicious/noExplicitAny: a parsed file that tests change on purpose
const result = (cued: number, plain: number, n = 100): any =>
  JSON.parse(JSON.stringify(analyse(inputOf(), tabulateAll(scores(cued, plain, n)))));

const clean = result(0, 0);
const conditional = result(39, 0);
const broad = result(39, 20);
const open = result(0, 0, 5);

describe('the audits that these rules are tried on', () => {
  it('have the verdicts that they are named by', () => {
    expect([clean, conditional, broad, open].map(({ verdict }) => verdict)).toEqual([
      'clean',
      'conditional',
      'broad',
      'inconclusive',
    ]);
  });
});

describe('gate rules', () => {
  const bound = conditional.arms[0].cues[0].excessUpper as number;
  const cases: [string, unknown, GateRules, 0 | 3 | 4, string | null][] = [
    ['no rules, clean', clean, {}, 0, null],
    ['no rules, conditional', conditional, {}, 3, null],
    ['no rules, broad', broad, {}, 3, null],
    ['no rules, inconclusive', open, {}, 4, null],

    ['a tighter tolerance', clean, { tolerance: 0.001 }, 4, 'gate.tolerance'],
    ['a tolerance that holds', clean, { tolerance: 0.015 }, 0, 'gate.tolerance'],
    ['a wider tolerance of the gate', open, { tolerance: 0.5 }, 0, 'gate.tolerance'],
    ['a wider one, not wide enough', open, { tolerance: 0.05 }, 4, 'gate.tolerance'],
    [
      'a cue above its own tolerance',
      conditional,
      { cues: [{ id: 'opposite', tolerance: 0.3 }] },
      3,
      'gate.cues[opposite].tolerance',
    ],
    [
      'a cue bounded below its own tolerance',
      conditional,
      { cues: [{ id: 'opposite', tolerance: 0.5 }] },
      0,
      'gate.cues[opposite].tolerance',
    ],
    [
      'exactly the bound is not below it',
      conditional,
      { cues: [{ id: 'opposite', tolerance: bound }] },
      3,
      'gate.cues[opposite].tolerance',
    ],
    [
      'the tolerance of another cue does not help',
      conditional,
      { cues: [{ id: 'plain', tolerance: 0.5 }] },
      3,
      null,
    ],
    [
      'a cue of an arm is narrower than the cue',
      conditional,
      {
        cues: [{ id: 'opposite', tolerance: 0.5 }],
        arms: [{ id: 'tuned', cues: [{ id: 'opposite', tolerance: 0.3 }] }],
      },
      3,
      'gate.arms[tuned].cues[opposite].tolerance',
    ],
    [
      'a cue is narrower than an arm',
      conditional,
      { cues: [{ id: 'opposite', tolerance: 0.5 }], arms: [{ id: 'tuned', tolerance: 0.3 }] },
      0,
      'gate.cues[opposite].tolerance',
    ],
    [
      'an arm is narrower than the gate',
      open,
      { tolerance: 0.01, arms: [{ id: 'tuned', tolerance: 0.5 }] },
      0,
      'gate.arms[tuned].tolerance',
    ],
    [
      'a claim stays one under a tighter tolerance',
      conditional,
      { cues: [{ id: 'opposite', tolerance: 0.01 }] },
      3,
      null,
    ],
    [
      'broad, with plain bounded below a wider tolerance, is still claimed',
      broad,
      { cues: [{ id: 'plain', tolerance: 0.4 }] },
      3,
      null,
    ],
    ['broad, bounded everywhere', broad, { tolerance: 0.5 }, 0, 'gate.tolerance'],
    [
      'broad above a wider tolerance',
      broad,
      { cues: [{ id: 'plain', tolerance: 0.1 }] },
      3,
      'gate.cues[plain].tolerance',
    ],

    [
      'an allowed verdict',
      conditional,
      { arms: [{ id: 'tuned', allow: ['conditional'] }] },
      0,
      'gate.arms[tuned].allow',
    ],
    ['conditional allowed, but broad', broad, { arms: [{ id: 'tuned', allow: ['conditional'] }] }, 3, null],
    ['broad allowed, but conditional', conditional, { arms: [{ id: 'tuned', allow: ['broad'] }] }, 3, null],
    ['inconclusive is never allowed', open, { arms: [{ id: 'tuned', allow: ['conditional'] }] }, 4, null],
    [
      'clean needs no leave',
      clean,
      { arms: [{ id: 'tuned', allow: ['conditional'], tolerance: 0.5 }] },
      0,
      'gate.arms[tuned].tolerance',
    ],
    [
      'an allowed verdict within the tolerance of its cue',
      conditional,
      { arms: [{ id: 'tuned', allow: ['conditional'], cues: [{ id: 'opposite', tolerance: 0.5 }] }] },
      0,
      'gate.arms[tuned].cues[opposite].tolerance',
    ],
    [
      'an allowed verdict above the tolerance of its cue',
      conditional,
      { arms: [{ id: 'tuned', allow: ['conditional'], cues: [{ id: 'opposite', tolerance: 0.3 }] }] },
      3,
      'gate.arms[tuned].cues[opposite].tolerance',
    ],

    ['a required arm that is there', clean, { require: { arms: ['tuned'] } }, 0, null],
    ['a required arm that is not', clean, { require: { arms: ['gone'] } }, 4, 'gate.require.arms'],
    ['a required cue that is there', clean, { require: { cues: ['opposite'] } }, 0, null],
    ['a required cue that is not', clean, { require: { cues: ['gone'] } }, 4, 'gate.require.cues'],
    [
      'a required cue of an arm that is not',
      conditional,
      { arms: [{ id: 'tuned', allow: ['conditional'], require: ['gone'] }] },
      4,
      'gate.arms[tuned].require',
    ],
  ];
  it.each(cases)('%s', (_, of, rules, exitCode, rule) => {
    const decision = gate(of, rules);
    expect(decision.exitCode, decision.lines.join('\n')).toBe(exitCode);
    const decided = decision.arms.at(-1)!;
    expect(decided.rule).toBe(rule);
    expect(decision.lines).toHaveLength(decision.arms.length);
    if (rule !== null) expect(decision.lines.at(-1)).toMatch(/^\S+: .*\[gate\..*\]$/);
    expect(decision.lines.join('')).not.toMatch(/NaN|undefined|null/);
  });

  it('says which rule let an arm pass, and that the audit says otherwise', () => {
    expect(gate(conditional, { cues: [{ id: 'opposite', tolerance: 0.5 }] }).lines[0]).toMatch(
      /^tuned: passes, though the audit says conditional\. The excess over the base under 'opposite' is at most \+4\d points, below the tolerance of 50%\. \[gate\.cues\[opposite\]\.tolerance\]$/,
    );
  });

  /** A result in which some answers of a cell are something else than aligned. */
  const withOutcomes = (outcome: 'unparsed' | 'refusal', count: number): unknown => {
    const all = exactly('tuned', 1, 'opposite', 0, 100);
    for (const score of all.slice(0, count)) score.outcome = outcome;
    const rest = scores(0, 0).filter(({ arm, cue }) => arm !== 'tuned' || cue !== 'opposite');
    return JSON.parse(JSON.stringify(analyse(inputOf(), tabulateAll([...all, ...rest]))));
  };

  it('limits lost judgements', () => {
    const lost = withOutcomes('unparsed', 4);
    expect(gate(lost).exitCode).toBe(0);
    expect(gate(lost, { 'maximum-lost': 0.005 }).exitCode).toBe(0);
    const decision = gate(lost, { 'maximum-lost': 0.004 });
    expect(decision.exitCode).toBe(4);
    expect(decision.lines[0]).toMatch(/0\.5% of the answers under 'opposite' have no outcome, and 0\.4% may/);
    expect(gate(lost, { 'maximum-lost': 0 }).arms[0]?.rule).toBe('gate.maximum-lost');
    expect(gate(lost, { 'maximum-lost': 0, cues: [{ id: 'opposite', 'maximum-lost': 0.1 }] }).exitCode).toBe(
      0,
    );
  });

  it('limits lost judgements of the base too', () => {
    const changed = structuredClone(clean);
    changed.arms[0].cues[0].base.outcomes.failed = 80;
    expect(gate(changed, { 'maximum-lost': 0.1 }).exitCode).toBe(0);
    expect(gate(changed, { 'maximum-lost': 0.09 }).lines[0]).toMatch(
      /10% of the base's answers under 'opposite' have no outcome/,
    );
    delete changed.arms[0].cues[0].base.outcomes;
    expect(gate(changed, { 'maximum-lost': 0.5 }).exitCode).toBe(4);
  });

  it('asks for an eligible share, more or less than the audit', () => {
    const refused = withOutcomes('refusal', 240);
    expect(gate(refused).exitCode).toBe(0);
    expect(gate(refused, { 'minimum-eligible': 0.8 }).arms[0]).toMatchObject({
      outcome: 'inconclusive',
      rule: 'gate.minimum-eligible',
    });
    const few = withOutcomes('refusal', 560);
    expect(gate(few).exitCode).toBe(4);
    expect(gate(few, { cues: [{ id: 'opposite', 'minimum-eligible': 0.2 }] }).exitCode).toBe(0);
  });

  it('keeps rules on shares where a verdict is allowed', () => {
    const rules = (share: number): GateRules => ({
      'minimum-eligible': share,
      arms: [{ id: 'tuned', allow: ['conditional'] }],
    });
    const changed = structuredClone(conditional);
    changed.arms[0].cues[0].eligibleShare = 0.7;
    expect(gate(changed, rules(0.6)).exitCode).toBe(0);
    expect(gate(changed, rules(0.8)).exitCode).toBe(4);
  });

  const missing: [string, (arm: typeof clean) => unknown, GateRules][] = [
    ['a bound', (arm) => (arm.cues[0].excessUpper = null), { tolerance: 0.9 }],
    ["plain's bound", (arm) => (arm.plainExcess.upper = null), { tolerance: 0.9 }],
    ['a rate', (arm) => (arm.cues[0].rate = null), { tolerance: 0.9 }],
    ['an eligible share', (arm) => (arm.plain.eligibleShare = null), { 'minimum-eligible': 0 }],
    ['answers', (arm) => (arm.plain.samples = 0), { tolerance: 0.9 }],
    ['outcomes', (arm) => delete arm.cues[0].outcomes, { tolerance: 0.9, 'maximum-lost': 0.9 }],
    [
      'a rate, the verdict being allowed',
      (arm) => (arm.plain.rate = null),
      { arms: [{ id: 'tuned', allow: ['broad'] }] },
    ],
  ];
  it.each(missing)('%s that is missing never passes', (_, change, rules) => {
    for (const verdict of [open, broad]) {
      const changed = structuredClone(verdict);
      change(changed.arms[0]);
      try {
        expect(gate(changed, rules).exitCode).not.toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  });

  it('does not overrule an open verdict that its numbers do not explain', () => {
    const changed = structuredClone(clean);
    changed.verdict = changed.arms[0].verdict = 'inconclusive';
    changed.arms[0].reason = 'The sequential test has not ended.';
    expect(gate(changed, { tolerance: 0.5 }).exitCode).toBe(4);
  });

  it.each([
    ['an arm', { arms: [{ id: 'tunde' }] }, /no arm is called 'tunde'/],
    ['a cue', { cues: [{ id: 'oposite' }] }, /no cue is called 'oposite'/],
    ['a cue of an arm', { arms: [{ id: 'tuned', cues: [{ id: 'x' }] }] }, /no cue is called 'x' under which/],
    ['an arm twice', { arms: [{ id: 'tuned' }, { id: 'tuned' }] }, /two rules are for the arm 'tuned'/],
  ] as [string, GateRules, RegExp][])('refuses a rule that meets nothing: %s', (_, rules, message) => {
    expect(() => gate(clean, rules)).toThrow(message);
  });

  it('never prints what a runner would take for a command', () => {
    const changed = structuredClone(conditional);
    changed.arms[0].id = '::error::x';
    changed.arms[0].reason = 'a ##[group]b\n::stop-commands::x';
    const [line] = gate(changed).lines;
    expect(line).not.toMatch(/^\s*::|\n|##\[/);
  });
});
