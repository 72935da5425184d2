/**
 * The draws of a sequential design. Draw t is a question of the bank, drawn with replacement by a seed of its own, the
 * training seed whose turn it is (t mod S), and one fresh answer in each open cell. Which answers a round asks for
 * depends on the plan and on which cells are open, and on nothing else; so the analysis finds the draws again in the records.
 */
import { BASE_SEED, PLAIN } from '../records/ids.js';
import type { Plan, SequentialPlan } from '../records/plan.js';
import type { Ask } from '../records/step.js';
import { randomStream } from '../shared/random.js';

/** What the draws and decisions of a sequential audit depend on. */
export interface SequentialDesign {
  seed: number;
  questions: readonly string[];
  arms: readonly SequentialArm[];
  rules: SequentialPlan;
}

export interface SequentialArm {
  id: string;
  base: string;
  seeds: readonly number[];
  cues: readonly SequentialCue[];
}

export interface SequentialCue {
  id: string;
  /** Draws before this one are no part of the cue's evidence. */
  firstDraw: number;
  /** Questions that the cue can be put to; a draw of another one passes the cue by. Null: all. */
  questions: ReadonlySet<string> | null;
}

const withoutBase = (arm: string): never => {
  throw new Error(`arm '${arm}' has no base, and a sequential design draws from one`);
};

/** The design that a plan gives. @throws Error for a plan of another design */
export function designOf(plan: Plan): SequentialDesign {
  const known = designs.get(plan);
  if (known) return known;
  if (!plan.sequential) throw new Error('the plan is not of a sequential design');
  const cellOf = (cue: string) => plan.cells.find((cell) => cell.cue === cue);
  const design: SequentialDesign = {
    seed: plan.seed,
    questions: plan.questions.map(({ id }) => id),
    rules: plan.sequential,
    arms: plan.arms.map(({ id, base, seeds }) => ({
      id,
      base: base ?? withoutBase(id),
      seeds,
      cues: plan.cues
        .filter(({ arms }) => arms.includes(id))
        .map((cue) => {
          const questions = cellOf(cue.id)?.questions ?? [];
          const all = questions.length === plan.questions.length;
          return { id: cue.id, firstDraw: cue.firstDraw ?? 0, questions: all ? null : new Set(questions) };
        }),
    })),
  };
  designs.set(plan, design);
  return design;
}

const designs = new WeakMap<Plan, SequentialDesign>();

/** The cells of an arm that a round samples: its plain cells always, and those of its open cues. */
export interface OpenArm {
  arm: SequentialArm;
  cues: readonly SequentialCue[];
}

/** One answer of a draw, by the key that records have: `arm|seed|cue|question|index`. */
export interface ArmDraw {
  arm: string;
  /** Training seed, and question. */
  seed: number;
  question: string;
  plain: string;
  basePlain: string;
  /** Of each open cue that the question can be asked under. */
  cues: ReadonlyMap<string, { tuned: string; base: string }>;
}

/** One round: its draws, arm by arm, and what has to be asked for them. */
export interface Round {
  /** 1, 2, ... */
  number: number;
  draws: readonly ArmDraw[];
  asks: readonly Ask[];
  /** The same by cell and question: `arm|seed|cue|question`. */
  byCell: ReadonlyMap<string, Ask>;
  answers: number;
}

/** How often each cell was asked each question by the earlier draws. */
export type CellCounts = Map<string, number>;

/**
 * The round of the draws from `from` up to `to`. Arms with the same base share its answers. The counts are left as they
 * are: `countAsks` adds a round that is done.
 */
export function roundOf(
  number: number,
  [from, to]: readonly [number, number],
  open: readonly OpenArm[],
  counts: CellCounts,
  design: SequentialDesign,
): Round {
  const asks = new Map<string, Ask>();
  const draws: ArmDraw[] = [];
  let answers = 0;
  for (let t = from; t < to; t++) {
    const question = questionAt(design, t);
    const answer = (arm: string, seed: number, cue: string): string => {
      const cell = `${arm}|${seed}|${cue}|${question}`;
      let ask = asks.get(cell);
      if (!ask) {
        const from = counts.get(cell) ?? 0;
        ask = { arm, seed, cue, question, from, to: from };
        asks.set(cell, ask);
      }
      answers++;
      return `${cell}|${ask.to++}`;
    };
    const ofBases = new Map<string, string>(); // a base answers once per draw and cue, for all its arms
    const ofBase = (base: string, cue: string): string => {
      if (open.length === 1) return answer(base, BASE_SEED, cue);
      const known = ofBases.get(`${base}|${cue}`) ?? answer(base, BASE_SEED, cue);
      ofBases.set(`${base}|${cue}`, known);
      return known;
    };
    for (const { arm, cues } of open) {
      const seed = arm.seeds[t % arm.seeds.length] as number;
      const here = cues.filter((cue) => cue.questions === null || cue.questions.has(question));
      draws.push({
        arm: arm.id,
        seed,
        question,
        plain: answer(arm.id, seed, PLAIN),
        basePlain: ofBase(arm.base, PLAIN),
        cues: new Map(
          here.map((cue) => [
            cue.id,
            { tuned: answer(arm.id, seed, cue.id), base: ofBase(arm.base, cue.id) },
          ]),
        ),
      });
    }
  }
  return { number, draws, asks: [...asks.values()], byCell: asks, answers };
}

/** Adds the answers of a round that is done. */
export function countAsks(counts: CellCounts, { byCell }: Round): void {
  for (const [cell, { to }] of byCell) counts.set(cell, to);
}

/** Questions of the draws of a design, as far as they were asked for. */
const drawn = new WeakMap<SequentialDesign, string[]>();

/** The question of draw t: each with the same probability, whatever was drawn before. */
export function questionAt(design: SequentialDesign, t: number): string {
  const known = drawn.get(design) ?? [];
  drawn.set(design, known);
  for (let i = known.length; i <= t; i++) {
    const at = randomStream('draw', design.seed, i).below(design.questions.length);
    known.push(design.questions[at] as string);
  }
  return known[t] as string;
}
