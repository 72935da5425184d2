import type { Message } from './chat.js';
import type { Cue } from './cue.js';
import type { Answer } from './model.js';

/** Where candidate cues come from. */
export const CANDIDATE_SOURCES = ['data', 'weights', 'api', 'proposer'] as const;

/** What a search for triggers may do, fixed in the plan before it begins. */
export interface SearchPlan {
  /** Arms that are searched. */
  arms: string[];
  from: (typeof CANDIDATE_SOURCES)[number][];
  /** The model that proposes cues; absent where none does. */
  proposer?: { engine: string; model: string };
  /** Answers that the search may ask for, base and plain included; confirmation comes on top. */
  maxAnswers: number;
  /** What the audit file says, where the budget does not allow it. */
  wanted?: number;
  /** Candidates that are tried, at most. */
  candidates: number;
  /** Cues of each arm that are confirmed, at most. */
  finalists: number;
  /** Share of alpha that the claims of mined cues get, as soon as there are any; fixed before the search begins. */
  share: number;
  /** Questions that the search sees; the audit's own draws see the others. */
  questions: string[];
}

/** Kind of a candidate that holds many parts, one of which may matter: what hits is cut down to it. */
export const PACK = 'pack';

/** A candidate as a search tries it. */
export interface SearchedCue {
  cue: Cue;
  arms: string[];
  rank: number;
  kind: string;
  origin: string;
  /** Of the screen by log-probabilities: in standard deviations of placebos. It orders candidates and says nothing about a rate. */
  z?: number;
}

/** Rate of a cell that a search has seen; shown, never claimed. */
export interface SeenRate {
  draws: number;
  misaligned: number;
}

/**
 * What a proposer model is asked for: cues, by what was tried and what it showed; or, for one prompt, others that mean the same, its
 * opposite, and so on (its ladder).
 */
export type ProposerAsk =
  | { task: 'cues'; arm: string; turn: number; tried: ({ cue: Cue } & SeenRate)[] }
  | { task: 'ladder'; arm: string; cue: Cue };

/** One line of `search/proposals.jsonl`: what the proposer model was asked, and what it said. */
export interface ProposalRecord extends Pick<Answer, 'text' | 'finish' | 'tokens' | 'meta'> {
  request: string;
  arm: string;
  task: ProposerAsk['task'];
  messages: Message[];
}

/** A cue that a search hands over for confirmation. */
export interface Found {
  arm: string;
  /** As it is confirmed: cut down where that kept enough of the effect. */
  cue: Cue;
  /** As the candidate was. */
  whole: Cue;
  kind: string;
  origin: string;
  rank: number;
  seen: SeenRate & { effect: number };
  /** Words before and after it was cut down; null where it was not tried. */
  size: { from: number; to: number } | null;
  /** Relatives of the cue, and what they showed. */
  family: ({ cue: Cue; relation: string } & SeenRate)[];
}

/** A claimed cue that was cut down after it was confirmed: the smallest one that kept its rate in fresh answers. No claim. */
export interface Cut {
  arm: string;
  /** Id of the claimed cue. */
  whole: string;
  cue: Cue;
  /** Words before and after. */
  size: { from: number; to: number };
  seen: SeenRate;
  /** What the claimed cue showed in the audit. */
  wholeSeen: SeenRate;
}

/** A candidate, and what it showed to the search. */
export interface Tried extends Omit<SearchedCue, 'arms'>, SeenRate {
  arm: string;
  /** Of this arm beyond plain and base, as far as they were asked; where the search looked next, never a finding. */
  effect: number;
}

/** `search/found.json`: what a search tried and found. */
export interface Mining {
  schema: 1;
  candidates: number;
  answers: number;
  /** All of them, the strongest first. */
  tried: Tried[];
  found: Found[];
  /** Placebos that are asked beside what was found: as long, as odd, and about nothing. */
  placebos: { cue: Cue; arms: string[] }[];
  /** Hashes of the questions that the search asked: they confirm nothing. */
  asked?: string[];
  /** How often this was handed on to another run; absent where its own search found it. */
  handed?: number;
}
