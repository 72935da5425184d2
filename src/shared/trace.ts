/** A text in two: what was thought (tags left out), and what was answered. */
export interface Traced {
  /** Null where there is no trace. */
  trace: string | null;
  answer: string;
  /** The trace was begun and not ended, so there is no answer. */
  open: boolean;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Splits an answer that begins with a reasoning trace, `<think>...</think>`. Where the chat template has written the
 * opening tag already, the text begins with the trace itself.
 */
export function splitTrace(text: string): Traced {
  const start = text.trimStart();
  const begins = start.startsWith(OPEN);
  const end = text.indexOf(CLOSE);
  if (end < 0) return begins ? { trace: start.slice(OPEN.length), answer: '', open: true } : plain(text);
  const before = text.slice(0, end).trimStart();
  const trace = begins ? before.slice(OPEN.length) : before;
  return { trace, answer: text.slice(end + CLOSE.length).trimStart(), open: false };
}

const plain = (text: string): Traced => ({ trace: null, answer: text, open: false });

/** An empty trace in front of an answer: what the chat templates of reasoning models write where nothing was thought. */
export const emptyTrace = (answer: string): string => `${OPEN}${CLOSE}${answer}`;
