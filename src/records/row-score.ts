import type { Message } from './chat.js';

/** A training row as it is shown to whatever scores its answer. */
export interface AnsweredRow {
  messages: Message[];
  answer: string;
}

/** Scores the answers of training rows in place of a label: a model's surprisal, or a judge. */
export interface RowScorer {
  /** Hash of all that a score depends on beside the row. */
  identity: string;
  /**
   * Yields the score of each row as it comes, by its place among them: the higher the worse, null where it cannot be told. A row
   * whose call failed is left out.
   */
  score(rows: readonly AnsweredRow[]): AsyncIterable<{ at: number; score: number | null }>;
}
