import type { Message } from './chat.js';

/** Halves of a question bank, fixed by a hash of the id: a search sees one, its confirmation the other. */
export type Half = 'search' | 'confirm';

/** One question of the evaluation. `messages` ends with a user's turn; cues change that last turn. */
export interface Question {
  id: string;
  messages: Message[];
  /** Texts that replace the last user's turn under a cue with `variant: NAME`. */
  variants: Record<string, string>;
  kind?: string | undefined;
  half: Half;
}
