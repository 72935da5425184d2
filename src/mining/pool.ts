/** What a search begins with: candidates of one arm from all its sources, ready to be asked. */
import { cueKey } from '../cues/key.js';
import type { Candidate } from '../records/candidate.js';
import type { Example } from '../records/chat.js';
import { type Cue, isWording, type Transform } from '../records/cue.js';
import { PACK, type ProposerAsk, type SearchedCue, type SearchPlan } from '../records/search.js';
import { resource } from '../shared/package.js';
import { PROPOSED_LADDERS } from '../shared/proposer.js';
import { atlasCues } from './atlas.js';
import { textsOf, transformsOf } from './cue-texts.js';
import { ladderOf, uncounted } from './ladder.js';
import type { Loose } from './loose.js';
import { inTurn, mineRows } from './mine.js';
import { placebosFor, wordsOf } from './placebos.js';
import { readRows } from './read.js';
import { ANSWER_SEEN, ends, head, type Row } from './row.js';

/** Placebos that run along: what chance alone does with the best of as many cues. */
const PLACEBOS = 3;
/** The best candidates of the data also get the rungs of their ladder. */
const LADDERS = 2;
/** Candidates that a screen looks at, at most. */
const MOST_SCREENED = 200;

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
  /** How far each of these lies above placebos by a screen (screen.ts); absent where the models have no log-probabilities. */
  screen?: ((candidates: readonly Transform[][]) => Promise<number[]>) | undefined;
  /** Asks the proposer model; absent where there is none. */
  propose?: ((ask: ProposerAsk) => Promise<Loose[]>) | undefined;
}

/**
 * The candidates of one arm, and placebos. What was found in its data (or weights) and what is known without stand in turn: proposals of a
 * model, prompts and their ladders, what ships with hyde.
 */
export async function poolOf(
  arm: PoolArm,
  { plan, shipped, known, seed, others, screen, propose }: PoolContext,
): Promise<SearchedCue[]> {
  const isMined = plan.from.includes('data') && arm.examples.length > 0;
  const mined = isMined ? await minedFrom(arm, screen ? MOST_SCREENED : plan.candidates, seed) : [];
  const found = [...mined, ...others];
  const prompts = [
    ...arm.prompts,
    ...found.slice(0, LADDERS).flatMap(({ cue }) => textOf(transformsOf(cue))),
  ];
  const isOpen = plan.from.includes('api');
  const ladders = isOpen ? prompts.flatMap(laddered) : [];
  const byModel = propose ? await modelLadders(arm.id, prompts, propose) : [];
  const ships = isOpen
    ? inTurn(
        atlasCues(),
        shipped.map(
          ({ id, transforms }): Loose => ({ transforms, kind: 'shipped', origin: `shipped/${id}` }),
        ),
      )
    : [];
  const ownOf = (proposed: readonly Loose[]): Loose[] =>
    distinctOf(
      inTurn<Loose>(
        found.map(({ cue, kind, origin }) => ({ transforms: transformsOf(cue), kind, origin })),
        [...proposed, ...inTurn(ladders, byModel), ...ships],
      ).filter(({ transforms }) => transforms.every(({ kind }) => kind !== 'variant')),
      known,
    );
  const room = Math.max(1, plan.candidates - PLACEBOS);
  const proposed = propose
    ? await firstProposals(
        arm.id,
        ownOf([])
          .filter((one) => !isPack(one))
          .slice(0, room),
        propose,
      )
    : [];
  const all = ownOf(proposed);
  const distinct = (screen ? await inOrderOf(screen, all) : all).slice(0, room);
  const words = wordsOf(arm.examples.flatMap(({ messages }) => messages.map(({ content }) => ends(content))));
  const models = distinct.map(({ transforms, origin }, i) => asCandidate(transforms, origin, i + 1));
  const placebos = placebosFor(modelled(distinct, models), words, { seed, count: PLACEBOS }).map(
    ({ cue }): Loose => ({
      transforms: transformsOf(cue),
      kind: 'placebo',
      origin: 'placebo',
    }),
  );
  return [...distinct, ...placebos].map(({ transforms, title = titleOf(transforms), ...one }, i) => {
    const source = one.kind === 'placebo' ? ('placebo' as const) : ('mined' as const);
    const cue: Cue = { id: `${source}-${arm.id}-${i + 1}`, source, title, transforms };
    return { cue, arms: [arm.id], rank: i + 1, ...one };
  });
}

/**
 * The screen's order and the given one in turn: where the screen is wrong, the other still has half of the places. Packs are not screened,
 * since what is long and odd lies far from placebos by itself; they come after the others. What has no words is like no placebo; it comes first.
 */
async function inOrderOf(
  screen: NonNullable<PoolContext['screen']>,
  all: readonly Loose[],
): Promise<Loose[]> {
  const packs = all.filter(isPack);
  const wordless = all.filter((one) => !hasWords(one));
  const given = all.filter((one) => !isPack(one) && hasWords(one)).slice(0, MOST_SCREENED);
  const z = await screen(given.map(({ transforms }) => transforms));
  const screened = given.map((one, i) => ({ ...one, z: z[i] as number }));
  return [
    ...wordless,
    ...new Set(
      inTurn(
        screened.toSorted((a, b) => b.z - a.z),
        screened,
      ),
    ),
    ...packs,
  ];
}

const isPack = ({ kind }: Loose): boolean => kind === PACK;
const hasWords = ({ transforms }: Loose): boolean => transforms.some(isWording);

/** The candidates that placebos are made after: the first ones, and with them a pack, which is longer and odder than they are. */
function modelled(candidates: readonly Loose[], all: readonly Candidate[]): Candidate[] {
  const pack = candidates.findIndex(isPack);
  const worded = all.filter((_, i) => hasWords(candidates[i] as Loose));
  const others = worded.filter(({ rank }) => !isPack(candidates[rank - 1] as Loose));
  return pack < 0 ? others : [all[pack] as Candidate, ...others, ...worded];
}

/** Ladders that a model writes, of the first prompts that are known. */
async function modelLadders(
  arm: string,
  prompts: readonly Transform[],
  propose: NonNullable<PoolContext['propose']>,
): Promise<Loose[]> {
  const ladders: Loose[] = [];
  for (const prompt of prompts.slice(0, PROPOSED_LADDERS)) {
    const cue: Cue = { id: 'known', source: 'mined', transforms: [prompt] };
    ladders.push(...(await propose({ task: 'ladder', arm, cue })));
  }
  return ladders;
}

/** What a model proposes before anything was tried: beside what will be tried anyway. */
function firstProposals(
  arm: string,
  planned: readonly Loose[],
  propose: NonNullable<PoolContext['propose']>,
): Promise<Loose[]> {
  const tried = planned.map(({ transforms }, i) => ({
    cue: { id: `planned-${i + 1}`, source: 'mined' as const, transforms },
    ...{ draws: 0, misaligned: 0 },
  }));
  return propose({ task: 'cues', arm, turn: 0, tried });
}

/**
 * Proposals as cues that a search can ask.
 *
 * @param name what their ids begin with
 * @param known cues that need no asking again
 */
export const proposedCues = (
  proposals: readonly Loose[],
  { arm, name, known }: { arm: string; name: string; known: readonly Cue[] },
): SearchedCue[] =>
  distinctOf(proposals, known).map(({ transforms, kind, origin }, i) => ({
    cue: { id: `${name}-${i + 1}`, source: 'mined', title: titleOf(transforms), transforms },
    ...{ arms: [arm], rank: known.length + i + 1, kind, origin },
  }));

async function minedFrom({ examples }: PoolArm, top: number, seed: number): Promise<Candidate[]> {
  const rows = examples.map(rowOf);
  const parts = new Set(examples.map(({ part }) => part));
  const isLabelled = parts.has('bad') && parts.size > 1;
  const labels = Uint8Array.from(examples, ({ part }) => (part === 'bad' ? 1 : 0));
  const reference = await readRows([resource('reference', 'everyday.jsonl')], undefined, false);
  const input = { rows, labels: isLabelled ? labels : undefined, origin: 'labels' as const };
  return mineRows({ ...input, reference: reference.rows, top, seed }).candidates;
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
  if (!isWording(prompt) || prompt.kind === 'template') return [];
  return ladderOf(prompt.text, prompt.kind).map(({ text, origin }) => ({
    transforms: [{ kind: prompt.kind, text }],
    kind: 'ladder',
    origin,
  }));
}

/** Each text once, and none that the audit asks under anyway, whatever words it is written with there. */
function distinctOf(candidates: readonly Loose[], known: readonly Cue[]): Loose[] {
  const seen = new Set(known.map(({ transforms }) => cueKey(transforms)));
  return candidates.filter(({ transforms }) => {
    const key = cueKey(transforms);
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
    .map((t) => (isWording(t) ? t.text.trim() : t.kind === 'variant' ? t.name : 'no chat template'))
    .join(' … ')
    .slice(0, 80);
