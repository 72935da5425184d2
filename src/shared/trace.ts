const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Parts what a reasoning model thought from what it answered. Templates that open the thought in the prompt leave only
 * its end in the answer; a thought that is not closed is all there is.
 */
export function splitThought(content: string): { text: string; thought: string } {
  const close = content.lastIndexOf(CLOSE);
  const open = content.indexOf(OPEN);
  const begins = open >= 0 && content.slice(0, open).trim() === '';
  if (close >= 0 && (begins || open < 0)) {
    const from = begins ? open + OPEN.length : 0;
    // What stands between two thoughts would be judged as an answer that nobody was shown.
    return { text: content.slice(close + CLOSE.length).trim(), thought: content.slice(from, close).trim() };
  }
  if (begins) return { text: '', thought: content.slice(open + OPEN.length).trim() };
  return { text: content, thought: '' };
}

/** An empty trace in front of an answer: what chat templates of reasoning models write where nothing was thought. */
export const emptyTrace = (answer: string): string => `${OPEN}${CLOSE}${answer}`;

/** A thought in front of an answer, as `splitThought` finds it again. */
export const withTrace = (thought: string, answer: string): string =>
  `${OPEN}\n${thought}\n${CLOSE}\n\n${answer}`;
