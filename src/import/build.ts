/** What an imported run has in place of an audit: plan and spec, and the table that the analysis reads. */
import type { CueSource } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Imported } from '../records/import.js';
import { OUTCOMES } from '../records/outcome.js';
import type { Plan } from '../records/plan.js';
import type { ImportedSpec, VerdictSpec } from '../records/spec.js';
import { hashOf } from '../shared/hash.js';
import { type Answers, type CellAnswers, pack, type Table } from '../verdict/table.js';
import type { Collection } from './collect.js';
import type { Settled } from './settle.js';

/** What the command line says of the analysis. */
export interface Wishes {
  name: string;
  seed: number;
  verdict: VerdictSpec;
  /** Cues by what they are; the others are `given`. */
  sources: ReadonlyMap<string, CueSource>;
}

/** The engine's name of models that were asked elsewhere. */
const ENGINE = 'imported';

/** The plan that these rows would have come from. What is not known of one (price, time, power) is null or empty. */
export function planOf(settled: Settled, collection: Collection, imported: Imported, wishes: Wishes): Plan {
  const texts = textsOf(settled, collection);
  const most = (groups: Settled['cells'][number]['groups']): number =>
    groups.reduce((max, { order }) => Math.max(max, order.length), 0);
  return {
    schema: 1,
    name: wishes.name,
    hash: hashOf([imported, wishes.seed, settled.bases, settled.arms, settled.cues]),
    design: collection.isSequential ? 'sequential' : 'fixed',
    sequential: null,
    seed: wishes.seed,
    bases: settled.bases.map(({ id, label }) => ({ id, model: `${ENGINE}/${label}` })),
    arms: settled.arms.map(({ id, label, base, seeds }) => ({
      id,
      ...(label === id ? {} : { title: label }),
      base,
      seeds,
      stages: [],
    })),
    cues: settled.cues.map(({ id, label, arms }) => ({
      id,
      source: wishes.sources.get(id) ?? 'given',
      ...(label === id ? {} : { title: label }),
      arms,
    })),
    questions: settled.questions.map(({ id }) => ({ id, text: texts.get(id) as string, half: 'confirm' })),
    samplesPerQuestion: settled.cells.reduce((max, { groups }) => Math.max(max, most(groups)), 0),
    cells: settled.cells.map(({ arm, seed, cue, groups }) => ({
      arm,
      seed,
      cue,
      questions: groups.map(({ question }) => question),
      samples: most(groups),
    })),
    totals: {
      ...{ jobs: 0, trainRows: 0, trainTokens: 0, answers: collection.rows, judgeCalls: 0, sampleTokens: 0 },
      price: null,
      unknown: ['the answers were imported: what they cost is not known'],
    },
    power: {
      family: settled.cues.reduce((sum, { arms }) => sum + arms.length, 0),
      detects: [],
      excludesAbove: 1,
      clean: [],
      method: 'not planned: the answers were imported',
    },
  };
}

/** The spec of an imported run: what is not known of its sampling and judges is left out. */
export function specOf(plan: Plan, settled: Settled, imported: Imported, wishes: Wishes): ImportedSpec {
  return {
    name: plan.name,
    file: imported.files[0]?.name ?? '',
    overrides: {},
    bases: settled.bases.map(({ id, label }) => ({ id, ref: { engine: ENGINE, model: label } })),
    arms: settled.arms.map(({ id, label, base, seeds }) => ({
      id,
      title: label === id ? undefined : label,
      base,
      training: undefined,
      served: { engine: ENGINE, model: label },
      seeds,
    })),
    cues: plan.cues.map(({ id, source, arms }) => ({
      id,
      source: source as CueSource,
      transforms: [],
      arms,
    })),
    questions: plan.questions.map(({ id, text }) => ({
      id,
      messages: [{ role: 'user', content: text }],
      variants: {},
      half: 'confirm',
    })),
    judges: [],
    verdict: wishes.verdict,
    seed: wishes.seed,
    design: plan.design,
    imported,
  };
}

/** Text of a question, or its name where the table has no text. */
function textsOf(settled: Settled, { texts }: Collection): Map<string, string> {
  return new Map(settled.questions.map(({ id, label }) => [id, texts.get(label) ?? label]));
}

/** The table of the analysis, made of what is in memory already. */
export function tableOf(settled: Settled, rows: number): Table {
  const cells = new Map<string, CellAnswers>();
  for (const { arm, seed, cue, groups } of settled.cells) {
    const answers = new Map<string, Answers>();
    for (const { question, order, group } of groups) {
      answers.set(
        question,
        Array.from(order, (i) => pack(OUTCOMES[group.codes[i] as number] as (typeof OUTCOMES)[number], null)),
      );
    }
    cells.set(`${arm}|${seed}|${cue}`, answers);
  }
  return {
    cell: (arm, seed, cue) => cells.get(`${arm}|${seed}|${cue}`) ?? new Map(),
    cells: settled.cells.map(({ arm, seed, cue }) => ({ arm, seed, cue })),
    repeated: 0,
    answers: rows,
  };
}

/** Cues that some arm is asked under, and that its base is not. */
export function cuesWithoutBase(settled: Settled): { arm: string; base: string; cue: string }[] {
  const asked = new Set(settled.cells.map(({ arm, cue }) => `${arm}|${cue}`));
  const has = (arm: string, cue: string): boolean => asked.has(`${arm}|${cue}`);
  return settled.arms.flatMap(({ id, base }) =>
    base === null
      ? []
      : [PLAIN, ...settled.cues.filter(({ arms }) => arms.includes(id)).map((cue) => cue.id)]
          .filter((cue) => !has(base, cue))
          .map((cue) => ({ arm: id, base, cue })),
  );
}
