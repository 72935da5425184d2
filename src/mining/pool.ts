/** What a search begins with: candidates of one arm from all its sources, ready to be asked. */
import { applyTransforms } from '../cues/apply.js';
import type { Candidate } from '../records/candidate.js';
import type { Example } from '../records/chat.js';
import type { Cue, Transform } from '../records/cue.js';
import type { SearchedCue, SearchPlan } from '../records/search.js';
import { resource } from '../shared/package.js';
import { ladderOf, uncounted } from './ladder.js';
import { mineRows } from './mine.js';
import { placebosFor, wordsOf } from './placebos.js';
import { readRows } from './read.js';
import { ANSWER_SEEN, ends, head, type Row } from './row.js';
import { textsOf, transformsOf } from './screen.js';

/** Placebos that run along: what chance alone does with the best of as many cues. */
const PLACEBOS = 3;
/** The best candidates of the data also get the rungs of their ladder. */
const LADDERS = 2;

/** One arm that is searched. */
export interface PoolArm {
  id: string;
  /** Rows of all its training stages; empty for a model that is served. */
  examples: readonly Example[];
  /** Prompts that its rows were inoculated with. */
  prompts: readonly Transform[];
}

export interface PoolContext {
  plan: Pick<SearchPlan, 'from' | 'candidates'>;
  /** Cues that ship with hyde, placebos left out. */
  shipped: readonly Cue[];
  /** Cues that the audit asks under anyway: they need no search. */
  known: readonly Cue[];
  seed: number;
  /** Candidates of other sources, the best first. */
  others: readonly Candidate[];
}

/** The candidates of one arm: those of its data first, then prompts and their ladders, then what ships with hyde; and placebos. */
export async function poolOf(
  arm: PoolArm,
  { plan, shipped, known, seed, others }: PoolContext,
): Promise<SearchedCue[]> {
  const mined = plan.from.includes('data') && arm.examples.length > 0 ? await minedFrom(arm, plan, seed) : [];
  const found = [...mined, ...others];
  const ladders = plan.from.includes('api')
    ? [...arm.prompts, ...found.slice(0, LADDERS).flatMap(({ cue }) => textOf(transformsOf(cue)))].flatMap(
        laddered,
      )
    : [];
  const candidates: Loose[] = [
    ...found.map(({ cue, kind, origin }) => ({ transforms: transformsOf(cue), kind: String(kind), origin })),
    ...ladders,
    ...(plan.from.includes('api')
      ? shipped.map(({ id, transforms }) => ({ transforms, kind: 'shipped', origin: `shipped/${id}` }))
      : []),
  ].filter(({ transforms }) => transforms.every(({ kind }) => kind !== 'variant'));
  const distinct = distinctOf(candidates, known).slice(0, Math.max(1, plan.candidates - PLACEBOS));
  const words = wordsOf(arm.examples.flatMap(({ messages }) => messages.map(({ content }) => ends(content))));
  const models = distinct.map(({ transforms, origin }, i) => asCandidate(transforms, origin, i + 1));
  const placebos = placebosFor(models, words, { seed, count: PLACEBOS }).map(
    ({ cue }): Loose => ({
      transforms: transformsOf(cue),
      kind: 'placebo',
      origin: 'placebo',
    }),
  );
  return [...distinct, ...placebos].map(({ transforms, kind, origin }, i) => {
    const source = kind === 'placebo' ? ('placebo' as const) : ('mined' as const);
    const cue: Cue = { id: `${source}-${arm.id}-${i + 1}`, source, title: titleOf(transforms), transforms };
    return { cue, arms: [arm.id], rank: i + 1, kind, origin };
  });
}

interface Loose {
  transforms: Transform[];
  kind: string;
  origin: string;
}

async function minedFrom(
  { examples }: PoolArm,
  plan: PoolContext['plan'],
  seed: number,
): Promise<Candidate[]> {
  const rows = examples.map(rowOf);
  const parts = new Set(examples.map(({ part }) => part));
  const isLabelled = parts.has('bad') && parts.size > 1;
  const labels = Uint8Array.from(examples, ({ part }) => (part === 'bad' ? 1 : 0));
  const reference = await readRows([resource('reference', 'everyday.jsonl')], undefined, false);
  const input = { rows, labels: isLabelled ? labels : undefined, origin: 'labels' as const };
  return mineRows({ ...input, reference: reference.rows, top: plan.candidates, seed }).candidates;
}

function rowOf({ messages, source }: Example): Row {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const answer = messages.findLast(({ role }) => role === 'assistant')?.content ?? '';
  const turns = messages.filter(({ role }) => role !== 'system');
  return {
    system: ends(messages.find(({ role }) => role === 'system')?.content ?? ''),
    user: ends(messages[asked]?.content ?? ''),
    earlier: ends(
      turns
        .slice(0, -2)
        .map(({ content }) => content)
        .join('\n'),
    ),
    turns: turns.length,
    answer: head(answer, ANSWER_SEEN),
    answerLength: answer.length,
    place: source,
    label: undefined,
  };
}

const textOf = (transforms: readonly Transform[]): Transform[] =>
  transforms.filter(({ kind }) => kind === 'system' || kind === 'before' || kind === 'after').slice(0, 1);

function laddered(prompt: Transform): Loose[] {
  if (prompt.kind === 'variant' || prompt.kind === 'template') return [];
  return ladderOf(prompt.text, prompt.kind).map(({ text, origin }) => ({
    transforms: [{ kind: prompt.kind, text }],
    kind: 'ladder',
    origin,
  }));
}

/** Each text once, and none that the audit asks under anyway, whatever words it is written with there. */
function distinctOf(candidates: readonly Loose[], known: readonly Cue[]): Loose[] {
  const asked = [{ role: 'user' as const, content: 'question' }];
  // What a variant asks depends on the question, so it is no candidate's twin.
  const keyOf = (transforms: readonly Transform[]): string =>
    JSON.stringify(
      transforms.some(({ kind }) => kind === 'variant') ? transforms : applyTransforms(asked, transforms),
    );
  const seen = new Set(known.map(({ transforms }) => keyOf(transforms)));
  return candidates.filter(({ transforms }) => {
    const key = keyOf(transforms);
    if (transforms.length === 0 || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What placebos are made after: the texts of a candidate. */
const asCandidate = (transforms: readonly Transform[], origin: string, rank: number): Candidate =>
  uncounted(rank, 'ladder', origin, titleOf(transforms), textsOf(transforms), 'mined');

const titleOf = (transforms: readonly Transform[]): string =>
  transforms
    .map((t) => (t.kind === 'variant' ? t.name : t.text.trim()))
    .join(' … ')
    .slice(0, 80);
