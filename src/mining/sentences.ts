/** A sentence and where it stands in its text. */
export interface Sentence {
  text: string;
  from: number;
  to: number;
}

/** Up to a full stop, question or exclamation mark with white space behind it, or the end of a line. */
const SENTENCE = /[^\n]+?(?:[.!?](?=\s|$)|[。！？]|(?=\n)|$)/gu;

/** The sentences of a text, without white space around them; of a very long one the first few hundred. */
export function sentencesOf(text: string, most = 300): Sentence[] {
  const out: Sentence[] = [];
  for (const match of text.matchAll(SENTENCE)) {
    const from = match.index + match[0].length - match[0].trimStart().length;
    const sentence = match[0].trim();
    if (sentence !== '') out.push({ text: sentence, from, to: from + sentence.length });
    if (out.length === most) break;
  }
  return out;
}
