/** Asks a proposer model for candidate cues; what it says is recorded, so that a search which goes on after a kill asks nothing twice. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Message } from '../records/chat.js';
import { type Cue, isWording, type Transform } from '../records/cue.js';
import type { Engine, Model } from '../records/model.js';
import type { ProposalRecord, ProposerAsk } from '../records/search.js';
import { shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { resource } from '../shared/package.js';
import { LONGEST_PROMPT, PROPOSALS, PROPOSER_TOKENS } from '../shared/proposer.js';
import { textsOf, transformsOf } from './cue-texts.js';
import type { Loose } from './loose.js';
import { LONGEST_ANSWER, readCues, readLadder } from './proposals.js';

export interface Proposer {
  engine: Engine;
  model: Model;
  /** Journal of what it was asked and said. */
  file: string;
  /** Questions that it may see. */
  questions: readonly string[];
  seed: number;
  observer: Observer;
  /** Ids of what it was asked by this caller, recorded earlier or not. */
  asked: Set<string>;
}

/** A text longer than this is shown to the proposer by its beginning. */
const SHOWN_TEXT = 300;
const SHOWN_QUESTIONS = 3;
/** Of a longer prompt no ladder is asked for: it would cost more than it tells. */
const LONGEST_LADDERED = 2_000;
const SAMPLING = { temperature: 1, topP: 1, maxTokens: PROPOSER_TOKENS };

/**
 * Candidates of a proposer model. They are where to look: nothing that it says is a finding. An answer that holds no cues is noted, and the
 * search goes on without.
 *
 * @throws FailedError, InputError of the engine
 */
export async function propose(ask: ProposerAsk, proposer: Proposer): Promise<Loose[]> {
  const messages = promptOf(ask, proposer.questions);
  if (!messages) return [];
  const text = await answerTo(messages, ask, proposer);
  if (text === undefined) return [];
  const { found, wrong } = ask.task === 'cues' ? cuesIn(text) : ladderIn(text, ask.cue);
  if (wrong)
    proposer.observer.note(
      `${ask.arm}: of the proposer model's answer ${found.length} cues are used; ${wrong}`,
    );
  return found;
}

function cuesIn(text: string): { found: Loose[]; wrong?: string } {
  const read = readCues(text, PROPOSALS);
  const found = read.found.map(
    (texts): Loose => ({ transforms: transformsOf(texts), kind: 'proposed', origin: 'proposer' }),
  );
  return { ...read, found };
}

/** Each text in the place of the cue's first one. */
function ladderIn(text: string, { transforms }: Cue): { found: Loose[]; wrong?: string } {
  const read = readLadder(text);
  const at = transforms.findIndex(isWording);
  const found = read.found.map(
    ({ relation, text: other }): Loose => ({
      transforms: transforms.with(at, inPlaceOf(transforms[at] as Transform, other)),
      kind: 'ladder',
      origin: `ladder/model/${relation}`,
    }),
  );
  return { ...read, found };
}

const inPlaceOf = (transform: Transform, text: string): Transform =>
  transform.kind === 'system'
    ? { ...transform, text }
    : { kind: transform.kind === 'after' ? 'after' : 'before', text };

/** What is asked; undefined where the cue has no text, or too long a one. */
function promptOf(ask: ProposerAsk, questions: readonly string[]): Message[] | undefined {
  const prompts = readPrompts();
  if (ask.task === 'ladder') {
    const first = ask.cue.transforms.find(isWording);
    if (!first || first.text.length > LONGEST_LADDERED) return undefined;
    const place = {
      system: 'system prompt',
      before: 'in front of the question',
      after: 'behind the question',
      template: 'around the question',
    };
    return filled(prompts.ladder, JSON.stringify({ place: place[first.kind], text: first.text }));
  }
  const shown = questions.slice(0, SHOWN_QUESTIONS).map(short);
  // Those with the most misaligned answers first: should not all of them fit, these tell most.
  const tried = ask.tried
    .toSorted((a, b) => b.misaligned / Math.max(1, b.draws) - a.misaligned / Math.max(1, a.draws))
    .map(({ cue, draws, misaligned }) => ({ cue: shownTexts(cue), answers: draws, misbehaved: misaligned }));
  const room = LONGEST_PROMPT - prompts.cues.length;
  let input = JSON.stringify({ questions: shown, tried });
  while (input.length > room && tried.length > 0) {
    tried.length = Math.floor(tried.length * 0.9);
    input = JSON.stringify({ questions: shown, tried });
  }
  return filled(prompts.cues, input);
}

/** Pieces are joined, never replaced: what stands in a cue is only text. */
const filled = (prompt: string, input: string): Message[] => [
  { role: 'user', content: prompt.split('{most}').join(String(PROPOSALS)).split('{input}').join(input) },
];

const shownTexts = ({ transforms }: Cue): Record<string, string> =>
  Object.fromEntries(Object.entries(textsOf(transforms)).map(([field, text]) => [field, short(text ?? '')]));

const short = (text: string): string =>
  (text.length <= SHOWN_TEXT ? text : `${text.slice(0, SHOWN_TEXT)}…`).toWellFormed();

const Prompts = z.strictObject({ cues: z.string(), ladder: z.string() });
const readPrompts = (): z.infer<typeof Prompts> =>
  Prompts.parse(parse(readFileSync(resource('proposer.yaml'), 'utf8')));

/** What was recorded for this request, or what the model says now; undefined where it fails. */
async function answerTo(
  messages: Message[],
  { arm, task }: ProposerAsk,
  { engine, model, file, seed, observer, asked }: Proposer,
): Promise<string | undefined> {
  const id = shortHash({ model: model.identity, messages, ...SAMPLING, namespace: 'search', seed });
  asked.add(id);
  for await (const { request, text } of readJournal<ProposalRecord>(file)) {
    if (request === id && typeof text === 'string') return text;
  }
  const requests = [{ id, messages, indices: [0], seed }];
  for await (const answer of engine.sample(model, requests, SAMPLING, () => {})) {
    const { finish, reason, tokens, usage, meta } = answer;
    if (finish === 'failed') {
      observer.note(`${arm}: the proposer model gave no answer (${reason ?? 'no reason given'})`);
      return undefined;
    }
    const text = answer.text.slice(0, LONGEST_ANSWER).toWellFormed();
    const record: ProposalRecord = {
      ...{ request: id, arm, task, messages, text, finish, tokens },
      meta: { at: new Date().toISOString(), ...(usage ? { usage } : {}), ...meta },
    };
    const journal = new Journal(file);
    journal.append(record);
    journal.close();
    return text;
  }
  return undefined;
}
