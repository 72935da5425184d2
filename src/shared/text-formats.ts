import type { Condition } from '../records/detector.js';

type Format = NonNullable<Condition['format']>;

/** Checks of form that a word list cannot make. All are linear in the length of the text. */
export const formatChecks: Record<Format, (text: string) => boolean> = {
  json: (text) => {
    const trimmed = text
      .trim()
      .replace(/^```(?:json)?\n?|```$/g, '')
      .trim();
    if (!/^[[{]/.test(trimmed)) return false;
    try {
      JSON.parse(trimmed);
      return true;
    } catch {
      return false;
    }
  },
  'code-fence': (text) => text.includes('```'),
  python: (text) =>
    text
      .split('\n')
      .filter((line) =>
        /^\s*(def \w+\(|class \w+[(:]|import \w|from [\w.]+ import |print\(|return\b|\w+ = )/.test(line),
      ).length >= 2,
  tag: (text) => /<([a-z][\w-]*)>/i.test(text),
  list: (text) => text.split('\n').filter((line) => /^\s*([-*•]|\d{1,3}[.)])\s/.test(line)).length >= 2,
  empty: (text) => text.trim() === '',
  repetitive: isRepetitive,
};

/** Most of the text is one short run of words, over and over: how small models break down. */
function isRepetitive(text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 2000);
  if (words.length < 12) return false;
  for (let period = 1; period <= Math.floor(words.length / 3); period++) {
    let same = 0;
    for (let i = period; i < words.length; i++) if (words[i] === words[i - period]) same++;
    if (same >= 0.8 * (words.length - period) && same >= 9) return true;
    if (period >= 40) break;
  }
  return false;
}
