/** What the calls of a search's proposer model are, for those who make, plan and pay them. */
import type { SearchPlan } from '../records/search.js';

/** Its name among the models of a bill; no arm can be called so. */
export const PROPOSER = 'proposer@search';

/** Tokens of one answer. */
export const PROPOSER_TOKENS = 2000;
/** Characters of one prompt at most, and tokens that these are taken to be. */
export const LONGEST_PROMPT = 20_000;
export const PROMPT_TOKENS = Math.ceil(LONGEST_PROMPT / 3);

/** Cues that are wanted of one call; further ones are left out. */
export const PROPOSALS = 8;
/** Known prompts of an arm whose ladder it writes before the first round. */
export const PROPOSED_LADDERS = 3;

/** Calls at most: cues before the first round and after it, and the ladders of known prompts and of finds. */
export const proposerCalls = ({ arms, finalists }: Pick<SearchPlan, 'arms' | 'finalists'>): number =>
  arms.length * (2 + PROPOSED_LADDERS + finalists);
