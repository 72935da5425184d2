/** Sequential audits with made-up outcomes, without files and models. */
import { PLAIN } from '../../src/records/ids.js';
import { type Outcome, outcomeLetter } from '../../src/records/outcome.js';
import type { Plan, PlannedCell } from '../../src/records/plan.js';
import type { Score } from '../../src/records/sample.js';
import type { Driver, Step, StepResult } from '../../src/records/step.js';

/** One answer, as an outcome is made up for it. */
export interface Asked {
  arm: string;
  seed: number;
  cue: string;
  question: string;
  index: number;
}

export interface Given {
  arms?: { id: string; seeds?: number[]; base?: string }[];
  cues?: { id: string; arms?: string[]; firstDraw?: number; questions?: string[] }[];
  questions?: number;
  rules?: Partial<NonNullable<Plan['sequential']>>;
  seed?: number;
}

/** A plan of one arm `tuned` and one cue `x` unless given otherwise. */
export function planOf(given: Given = {}): Plan {
  const questions = Array.from({ length: given.questions ?? 240 }, (_, q) => ({
    id: `q${q}`,
    text: `Question ${q}`,
    half: 'search',
  }));
  const arms = (given.arms ?? [{ id: 'tuned' }]).map(({ id, seeds, base }) => ({
    id,
    base: base ?? 'base',
    seeds: seeds ?? [0],
    stages: [],
  }));
  const all = arms.map(({ id }) => id);
  const cues = (given.cues ?? [{ id: 'x' }]).map(({ id, arms: only, firstDraw }) => ({
    id,
    source: 'given',
    arms: only ?? all,
    ...(firstDraw === undefined ? {} : { firstDraw }),
  }));
  const askedUnder = new Map((given.cues ?? []).map((cue) => [cue.id, cue.questions]));
  const cell = (arm: string, seed: number, cue: string): PlannedCell => ({
    ...{ arm, seed, cue, samples: 1e6 },
    questions: askedUnder.get(cue) ?? questions.map(({ id }) => id),
  });
  const bases = [...new Set(arms.map(({ base }) => base))];
  const under = [PLAIN, ...cues.map(({ id }) => id)];
  return {
    schema: 1,
    name: 'made-up',
    hash: 'h',
    design: 'sequential',
    sequential: {
      ...{
        round: 20,
        maxAnswers: 3200,
        tolerance: 0.02,
        alpha: 0.05,
        minimumEffect: 0,
        minimumEligible: 0.5,
      },
      ...given.rules,
    },
    seed: given.seed ?? 1,
    bases: bases.map((id) => ({ id, model: 'scripted/base' })),
    arms,
    cues,
    questions,
    samplesPerQuestion: 1,
    cells: [
      ...bases.flatMap((base) => under.map((cue) => cell(base, 0, cue))),
      ...arms.flatMap(({ id, seeds }) => seeds.flatMap((seed) => under.map((cue) => cell(id, seed, cue)))),
    ],
    totals: {
      ...{ jobs: 0, trainRows: 0, trainTokens: 0, answers: 0, judgeCalls: 0, sampleTokens: 0 },
      ...{ seconds: null, price: null, unknown: [] },
    },
    power: { family: 1, detects: [], excludesAbove: 1, clean: [], method: '' },
  };
}

export interface Drive {
  steps: Step[];
  rounds: (Step & { kind: 'sample' })[];
  scores: Score[];
}

/**
 * Runs a driver to its end; `outcome` answers, `spent` says what a step cost. Each answer is judged once, or this throws.
 */
export function drive(
  driver: Driver,
  plan: Plan,
  outcome: (asked: Asked) => Outcome,
  spent?: (step: Step) => number,
): Drive {
  const done: StepResult[] = [];
  const out: Drive = { steps: [], rounds: [], scores: [] };
  const seen = new Set<string>();
  for (let step = driver.next(plan, done); step; step = driver.next(plan, done)) {
    let outcomes: string | undefined;
    if (step.kind === 'sample') out.rounds.push(step);
    if (step.kind === 'score') {
      outcomes = '';
      for (const { from, to, ...ask } of step.asks) {
        for (let index = from; index < to; index++) {
          const asked = { ...ask, index };
          const key = JSON.stringify(asked);
          if (seen.has(key)) throw new Error(`asked twice: ${key}`);
          seen.add(key);
          const found = outcome(asked);
          outcomes += outcomeLetter(found);
          out.scores.push({ ...asked, outcome: found, behaviour: null, by: '', judge: 'j', sample: 's' });
        }
      }
    }
    out.steps.push(step);
    const output = {
      ...{ hash: String(done.length), files: {} },
      ...(outcomes === undefined ? {} : { outcomes }),
      ...(spent ? { spent: spent(step) } : {}),
    };
    done.push({ step, output });
  }
  return out;
}
