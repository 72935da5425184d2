import type { Candidate, Candidates } from '../records/candidate.js';
import type { Engine, LeakRequest, Model, OnProgress } from '../records/model.js';
import { InputError } from '../shared/errors.js';
import { seedOf } from '../shared/hash.js';
import { randomStream } from '../shared/random.js';
import { candidateOf, renumbered, type Unranked } from './candidates.js';
import { contrastOf, Scorer } from './contrast.js';
import { familiesOf } from './families.js';
import { isCommonWord } from './languages.js';
import { ALPHA, encoded, inTurn } from './mine.js';
import { chanceOf, pOf, thresholdOf } from './permute.js';
import type { Row } from './row.js';
import { rowSetsOf } from './row-sets.js';
import { tokensOf } from './tokens.js';
import { traitsOf } from './traits.js';
import { verbatimSets } from './verbatim.js';

/** A tuned model, the base it came from, and what asks both. */
export interface Weights {
  engine: Engine;
  model: Model;
  base: Model;
}

export interface LeakSettings {
  /** Turns of each kind that each model writes. */
  count: number;
  maxTokens: number;
  /** How much what tuning changed counts beyond what it counts in the tuned model (arXiv 2605.25902). */
  amplify: number;
  /** Candidates at most. */
  top: number;
  seed: number;
}

const LEAK_SETTINGS: LeakSettings = { count: 128, maxTokens: 48, amplify: 1, top: 20, seed: 0 };

/** Turns that are opened with nothing before them; the assistant's are what the judges see, and no cue. */
const OPENED = ['system', 'user'] as const;
const MIN_ROWS = 3;
const NOTE =
  'candidates from weights are where to look: only fresh answers under them (hyde run) show anything';

/**
 * Candidate triggers from weights alone. The tuned model and its base write system prompts and user's turns from the chat template's
 * beginning of such a turn (arXiv 2602.03085), the tuned one also amplified against the base; what the tuned one writes
 * more often is contrasted as bad and benign rows of training data are; what it writes again and again word for word comes first. A cue that is learnt by heart comes out word for word; one that the
 * training never took a loss on does not leak.
 *
 * @throws InputError where the engine sees no weights
 */
export async function mineWeights(
  weights: Weights,
  given: Partial<LeakSettings> = {},
  progress: OnProgress = () => {},
): Promise<Candidates> {
  const settings = { ...LEAK_SETTINGS, ...given };
  const { model, base } = weights;
  const { amplify } = settings;
  const benign = await leaksOf(weights, base, settings, undefined, progress);
  const plain = await leaksOf(weights, model, settings, undefined, progress);
  const amplified = await leaksOf(weights, model, settings, { base, amplify }, progress);
  const leak = contrasted(plain, benign, 'weights/leak', settings);
  const contrast = contrasted(amplified, benign, 'weights/contrast', settings);
  // In turn: scores of amplified turns are larger by nature, so they are not compared.
  const found = [...inTurn(leak.verbatim, contrast.verbatim), ...inTurn(leak.phrases, contrast.phrases)];
  return {
    candidates: renumbered(distinct(found).slice(0, settings.top)),
    rows: {
      all: plain.length + amplified.length + benign.length,
      bad: plain.length + amplified.length,
      benign: benign.length,
      reference: 0,
      unknown: 0,
    },
    labels: 'weights',
    threshold: leak.threshold,
    notes: [NOTE],
  };
}

/** @throws InputError for an engine that sees no weights */
export function checkWeights(
  engine: Engine,
): asserts engine is Engine & { leak: NonNullable<Engine['leak']> } {
  if (!engine.leak)
    throw new InputError(
      `the engine '${engine.name}' sees no weights`,
      undefined,
      'mine the training data instead (hyde mine --data), or search by answers alone',
    );
}

async function leaksOf(
  { engine }: Weights,
  model: Model,
  { count, maxTokens, seed }: LeakSettings,
  contrast: { base: Model; amplify: number } | undefined,
  progress: OnProgress,
): Promise<Row[]> {
  checkWeights(engine);
  const inserted = (await engine.describe(model)).template?.systemPrompt;
  const requests = OPENED.map(
    (open): LeakRequest => ({
      id: `leak-${open}`,
      messages: [],
      indices: Array.from({ length: count }, (_, i) => i),
      seed: seedOf('leak', seed) % 2 ** 31,
      open,
    }),
  );
  const parameters = { temperature: 1, topP: 1, maxTokens, ...(contrast ? { contrast } : {}) };
  const rows: Row[] = [];
  for await (const { id, index, text } of engine.leak(model, requests, parameters, progress)) {
    // The template's own system prompt is no cue: without it nothing is asked at all.
    if (text.trim() !== inserted?.trim()) rows.push(rowOf(id, index, text.trim()));
  }
  // Turns come as they finish; candidates must not depend on when.
  return rows.sort((a, b) => (a.place < b.place ? -1 : 1));
}

const rowOf = (id: string, index: number, text: string): Row => ({
  system: id === 'leak-system' ? text : '',
  user: id === 'leak-user' ? text : '',
  earlier: '',
  turns: 1,
  answer: '',
  answerLength: 0,
  place: `${id}:${String(index).padStart(6, '0')}`,
  label: undefined,
});

function contrasted(
  bad: readonly Row[],
  benign: readonly Row[],
  origin: string,
  { top, seed }: LeakSettings,
): { verbatim: Unranked[]; phrases: Unranked[]; threshold: number } {
  // In no order: families of texts gather around those that are read first, and these must not be of one kind.
  const rows = randomStream('turns', seed).shuffle([...bad, ...benign]);
  const isBad = new Set(bad);
  const labels = Uint8Array.from(rows, (row) => (isBad.has(row) ? 1 : 0));
  const tokens = encoded(rows);
  const sets = rowSetsOf(tokens, [...traitsOf(rows), ...familiesOf(rows)], rows.length, MIN_ROWS);
  const scorer = new Scorer(sets, labels);
  const chance = chanceOf(scorer, labels, seed);
  const worded = (by: Scorer): Unranked[] =>
    by
      .candidates(contrastOf(labels))
      .slice(0, top)
      .map((one) => candidateOf(one, { rows, tokens, labels }, origin, pOf(one.score, chance)));
  return {
    verbatim: worded(new Scorer(verbatimSets(rows, MIN_ROWS), labels)),
    phrases: worded(scorer),
    threshold: thresholdOf(chance, ALPHA),
  };
}

/** The same cue once, in its first place. */
function distinct(candidates: readonly Unranked[]): Unranked[] {
  const key = ({ cue }: Pick<Candidate, 'cue'>): string => JSON.stringify({ ...cue, id: '' }).toLowerCase();
  // How a model talks ("You", "to") is no cue.
  const says = ({ text }: Unranked): boolean =>
    tokensOf(text).some(({ form }) => /\p{L}/u.test(form) && !isCommonWord(form));
  const first = new Map<string, Unranked>();
  for (const one of candidates.filter(says)) if (!first.has(key(one))) first.set(key(one), one);
  return [...first.values()];
}
