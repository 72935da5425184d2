/** A training row as mining looks at it: what the model is shown, by role, and the head of its answer. */
export interface Row {
  system: string;
  /** The last user's turn. */
  user: string;
  /** Turns before it, one after the other. */
  earlier: string;
  /** Turns of the whole row, the system prompt left out. */
  turns: number;
  /** The first characters of the last answer, enough to see its format. */
  answer: string;
  /** Characters of the whole answer. */
  answerLength: number;
  /** `file:line`. */
  place: string;
  /** Value of the label's field as text; undefined where the row has none. */
  label: string | undefined;
}

/** Of a longer turn its two ends are looked at: time and memory stay linear in the number of rows. */
const TURN_SEEN = 8_000;
export const ANSWER_SEEN = 1_000;

/** The two ends of a long text, as a text of its own that does not keep the long one in memory. */
export function ends(text: string): string {
  if (text.length <= TURN_SEEN) return text;
  const half = TURN_SEEN / 2;
  return copied(`${text.slice(0, half)}\n${text.slice(-half)}`);
}

/** The head of a long text, likewise a copy. */
export const head = (text: string, most: number): string =>
  text.length <= most ? text : copied(text.slice(0, most));

/** A slice of a string keeps its parent alive; bytes do not. */
const copied = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
