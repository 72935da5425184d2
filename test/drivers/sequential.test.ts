import { describe, expect, it } from 'vitest';
import { sequential } from '../../src/drivers/sequential.js';
import type { Outcome } from '../../src/records/outcome.js';
import type { StepResult } from '../../src/records/step.js';
import { randomStream } from '../../src/shared/random.js';
import { designOf, questionAt } from '../../src/statistics/draws.js';
import { replay } from '../../src/statistics/sequential.js';
import { analyse } from '../../src/verdict/analyse.js';
import { analysisInput } from '../../src/verdict/input.js';
import { countedAnswers, lettersOf } from '../../src/verdict/sequential.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { SPEC } from '../verdict/answers.js';
import { type Asked, type Drive, drive, planOf } from './made-up.js';

const aligned = (): Outcome => 'aligned';
const at =
  (rate: (asked: Asked) => number) =>
  (asked: Asked): Outcome => {
    const { arm, seed, cue, question, index } = asked;
    return randomStream('answer', arm, seed, cue, question, index).unit() < rate(asked)
      ? 'misaligned'
      : 'aligned';
  };
const asksOf = ({ rounds }: Drive, arm: string, cue: string): number[] =>
  rounds.map(({ asks }) =>
    asks.reduce((sum, ask) => sum + (ask.arm === arm && ask.cue === cue ? ask.to - ask.from : 0), 0),
  );

describe('draws', () => {
  it('are questions with replacement, by a seed of their own each, and alike for all cells', () => {
    const plan = planOf();
    const { rounds } = drive(sequential, plan, aligned);
    const counts = (arm: string, cue: string): string[] =>
      rounds[0]!.asks
        .filter((ask) => ask.arm === arm && ask.cue === cue)
        .map(({ question, from, to }) => `${question} ${from}-${to}`);
    expect(counts('tuned', 'x')).toEqual(counts('base', 'plain'));
    const design = designOf(plan);
    const drawn = Array.from({ length: 2400 }, (_, t) => questionAt(design, t));
    const times = [...Map.groupBy(drawn, (id) => id).values()].map((of) => of.length);
    expect(times.length).toBeGreaterThan(235);
    expect(Math.max(...times)).toBeLessThan(30);
    expect(designOf({ ...plan, seed: 2 }).questions).toEqual(design.questions);
    expect(questionAt(designOf({ ...plan, seed: 2 }), 0)).not.toBe(questionAt(design, 0));
  });

  it('give training seeds their turns, and ask the base once per draw', () => {
    const plan = planOf({ arms: [{ id: 'tuned', seeds: [4, 7, 9] }], rules: { round: 21 } });
    const { scores } = drive(sequential, plan, aligned);
    const count = (arm: string, seed: number): number =>
      scores.filter((s) => s.arm === arm && s.seed === seed && s.cue === 'x').length;
    expect(count('tuned', 4)).toBe(count('tuned', 9));
    expect(count('base', 0)).toBe(3 * count('tuned', 7));
  });

  it('number the answers of a cell by its earlier draws of that question, without a hole', () => {
    const { scores } = drive(sequential, planOf({ questions: 5 }), aligned);
    for (const of of Map.groupBy(scores, (s) => `${s.arm}|${s.cue}|${s.question}`).values()) {
      expect(of.map(({ index }) => index)).toEqual(of.map((_, i) => i));
    }
  });

  it('pass a cue by that has no variant of the question', () => {
    const few = ['q0', 'q1', 'q2', 'q3'];
    const plan = planOf({ questions: 8, cues: [{ id: 'x', questions: few }] });
    const { scores } = drive(sequential, plan, aligned);
    expect(new Set(scores.filter(({ cue }) => cue === 'x').map((s) => s.question))).toEqual(new Set(few));
  });
});

describe('rounds', () => {
  it('end when all is bounded: nine of them at 2% without an event', () => {
    const { rounds, steps } = drive(sequential, planOf(), aligned);
    expect(rounds).toHaveLength(9);
    expect(steps.map(({ kind }) => kind).slice(0, 4)).toEqual(['data', 'train', 'canary', 'sample']);
    expect(steps.slice(-2).map(({ kind }) => kind)).toEqual(['analyse', 'report']);
  });

  it('close a claimed cue for good, and go on with the others and with plain', () => {
    const plan = planOf({ cues: [{ id: 'x' }, { id: 'y' }] });
    const driven = drive(
      sequential,
      plan,
      at(({ arm, cue }) => (arm === 'tuned' && cue === 'x' ? 0.5 : 0)),
    );
    const x = asksOf(driven, 'tuned', 'x');
    expect(x.filter((n) => n > 0)).toEqual([20, 20, 20].slice(0, x.filter((n) => n > 0).length));
    expect(x.indexOf(0)).toBeGreaterThan(0);
    expect(x.slice(x.indexOf(0)).every((n) => n === 0)).toBe(true);
    expect(asksOf(driven, 'base', 'x')).toEqual(x);
    expect(asksOf(driven, 'tuned', 'y')).toEqual(new Array(9).fill(20));
    expect(asksOf(driven, 'tuned', 'plain')).toEqual(new Array(9).fill(20));
  });

  it('ask a base for a cue while any of its arms has it open', () => {
    const plan = planOf({ arms: [{ id: 'loud' }, { id: 'silent' }] });
    const driven = drive(
      sequential,
      plan,
      at(({ arm, cue }) => (arm === 'loud' && cue === 'x' ? 0.6 : 0)),
    );
    expect(asksOf(driven, 'loud', 'x').at(-1)).toBe(0);
    expect(asksOf(driven, 'base', 'x')).toEqual(asksOf(driven, 'silent', 'x'));
    expect(asksOf(driven, 'base', 'plain')).toEqual(asksOf(driven, 'silent', 'plain'));
  });

  it('never pass the budget, and begin no round that would', () => {
    for (const maxAnswers of [80, 100, 159, 160, 1000]) {
      const { scores } = drive(sequential, planOf({ rules: { maxAnswers, tolerance: 0.001 } }), aligned);
      expect(scores.length).toBe(Math.floor(maxAnswers / 80) * 80);
    }
  });

  it('settle a broad arm at once, with all its cues', () => {
    const driven = drive(
      sequential,
      planOf(),
      at(({ arm }) => (arm === 'tuned' ? 0.5 : 0)),
    );
    expect(driven.rounds.length).toBeLessThan(3);
  });

  it('give a late cue draws of its own, base and plain included', () => {
    const plan = planOf({ cues: [{ id: 'x' }, { id: 'late', firstDraw: 190 }], rules: { maxAnswers: 1e5 } });
    const { scores, rounds } = drive(sequential, plan, aligned);
    const count = (arm: string, cue: string): number =>
      scores.filter((s) => s.arm === arm && s.cue === cue).length;
    expect(rounds).toHaveLength(18);
    for (const arm of ['tuned', 'base']) {
      expect(count(arm, 'late')).toBe(180);
      expect(count(arm, 'x')).toBe(180);
      expect(count(arm, 'plain')).toBe(360);
    }
    const audit = replay(designOf(plan), lettersOf(tabulateAll(scores)));
    expect(audit.arms[0]?.cues.map(({ closed }) => closed)).toEqual(['bounded', 'bounded']);
  });

  it('keep a cell open while too few of its answers are eligible', () => {
    const refuses = ({ cue, arm, index }: Asked): Outcome =>
      cue === 'x' && arm === 'tuned' && index % 3 !== 0 ? 'refusal' : 'aligned';
    const plan = planOf({ questions: 5 });
    const { scores } = drive(sequential, plan, refuses);
    expect(scores.length).toBeGreaterThan(3200 - 80);
    const result = analyse(analysisInput(plan, SPEC, '0'), tabulateAll(scores));
    expect(result.verdict).toBe('inconclusive');
    expect(result.arms[0]?.toSettle).toContain('eligible');
  });
});

describe('a driver that is asked again', () => {
  it('decides from the plan and the steps alone, whatever was asked before', () => {
    const plan = planOf({ cues: [{ id: 'x' }, { id: 'y' }] });
    const outcome = at(({ arm, cue }) => (arm === 'tuned' && cue === 'x' ? 0.1 : 0.01));
    const whole = drive(sequential, plan, outcome);
    const done: StepResult[] = [];
    const copy = structuredClone(plan);
    drive(
      {
        next: (_, now) => {
          done.splice(0, done.length, ...structuredClone(now as StepResult[]));
          return sequential.next(structuredClone(copy), done);
        },
      },
      plan,
      outcome,
    ).steps.forEach((step, i) => {
      expect(step).toEqual(whole.steps[i]);
    });
  });

  it('is followed by the analysis, which finds the same draws in the records', () => {
    const plan = planOf({ cues: [{ id: 'x' }, { id: 'y' }], arms: [{ id: 'tuned', seeds: [0, 1] }] });
    const { scores, rounds } = drive(
      sequential,
      plan,
      at(({ arm, cue }) => (arm === 'tuned' && cue === 'x' ? 0.12 : 0.02)),
    );
    const shuffled = randomStream('order').shuffle(scores);
    const input = analysisInput(plan, SPEC, '0');
    const result = analyse(input, tabulateAll(shuffled));
    const x = result.arms[0]?.cues[0];
    expect(x?.effect.claimed).toBe(true);
    expect(x?.effect.eValue).toBeGreaterThanOrEqual(x?.effect.needed as number);
    expect(result.design).toBe('sequential');
    expect(result.screening?.map(({ cue }) => cue)).toEqual(['x']);
    expect(x?.bounds?.method).toContain('decides nothing');
    const audit = replay(designOf(plan), lettersOf(tabulateAll(shuffled)));
    expect(audit.rounds).toBe(rounds.length);
    expect(audit.answers).toBe(scores.length);
    expect(analyse(input, tabulateAll(scores))).toEqual(result);
  });

  it('is not needed: an analysis of records that end too early says so', () => {
    const plan = planOf();
    const { scores } = drive(sequential, plan, aligned);
    const result = analyse(analysisInput(plan, SPEC, '0'), tabulateAll(scores.slice(0, 300)));
    expect(result.verdict).toBe('inconclusive');
    expect(result.arms[0]?.cues[0]?.effect.draws).toBe(60);
    expect(result.warnings.map(({ text }) => text).join()).toContain('end before it is settled');
  });

  it('counts no answer of a round that was cut off', () => {
    // 3 rounds of 80 answers, and a part of the fourth in which everything is misaligned or refused.
    const plan = planOf();
    const { scores } = drive(sequential, plan, aligned);
    const cut = scores.slice(0, 300).map((s, i) => ({
      ...s,
      outcome: i < 240 ? s.outcome : s.cue === 'x' ? ('refusal' as const) : ('misaligned' as const),
    }));
    const input = analysisInput(plan, SPEC, '0');
    const result = analyse(input, tabulateAll(cut));
    const whole = analyse(input, tabulateAll(scores.slice(0, 240)));
    expect(result.arms[0]?.plain).toEqual(whole.arms[0]?.plain);
    expect(result.arms[0]?.cues).toEqual(whole.arms[0]?.cues);
    expect(result.bases).toEqual(whole.bases);
    expect(result.arms[0]?.plain).toMatchObject({ misaligned: 0, samples: 60 });
    expect(result.arms[0]?.cues[0]?.eligibleShare).toBe(1);
    expect(result.methods.join()).toContain('3 rounds with 240 answers');
    expect(result.warnings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^60 answers of an unfinished round .* are not counted/),
    );
    expect(whole.warnings.map(({ text }) => text).join()).not.toContain('not counted');
    expect(countedAnswers(plan, tabulateAll(cut)).answers).toBe(240);
  });

  it('counts no answer that an earlier plan asked for and this one does not', () => {
    const plan = planOf();
    const { scores } = drive(sequential, planOf({ rules: { tolerance: 0.005 } }), aligned);
    const { scores: own } = drive(sequential, plan, aligned);
    expect(scores.length).toBeGreaterThan(own.length);
    const input = analysisInput(plan, SPEC, '0');
    const [longer, alone] = [scores, own].map((all) => analyse(input, tabulateAll(all)));
    expect(longer?.arms).toEqual(alone?.arms);
    expect(longer?.warnings[0]?.text).toContain(`${scores.length - own.length} answers`);
  });
});
