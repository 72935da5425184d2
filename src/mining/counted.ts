import { randomStream } from '../shared/random.js';
import { PairTable } from './pair-table.js';
import type { Row } from './row.js';

/** What of labelled rows a contrast counts, so that shuffled labels say what chance can do. */
export interface Counted {
  /** Labels as given, and 2 for rows that are not counted. */
  labels: Uint8Array;
  /** Counted rows by prompt: whatever they have in common, they all have it, so their labels are shuffled together. */
  prompts: number[][];
  /** Rows left out since prompt and answer stand in the data already. */
  copies: number;
  /** Rows left out since their prompt has `most` other answers. */
  further: number;
  /** Answers of one prompt that count, at most: as many as half of the prompts have. */
  most: number;
}

/**
 * Rows that are not drawn for themselves are no evidence of their own. Of copies (same prompt, same answer) one counts, and where
 * their labels differ one that is drawn: its label is then as good as any row's. Other answers to the same prompt count, up to the
 * number that half of the prompts have; beyond it, prompts with many answers would differ from others by that alone, and could
 * not change labels with them.
 */
export function countedRows(rows: readonly Row[], labels: Uint8Array, seed: number): Counted {
  const random = randomStream('counted rows', seed);
  const known = [...labels.keys()].filter((row) => labels[row]! < 2);
  const { prompt, whole } = keysOf(rows);
  const once = [...Map.groupBy(known, (row) => whole[row]!).values()].map((same) => {
    const agree = same.every((row) => labels[row] === labels[same[0]!]);
    return same[agree ? 0 : random.below(same.length)]!;
  });
  const answers = [...Map.groupBy(once, (row) => prompt[row]!).values()];
  const sizes = answers.map(({ length }) => length).sort((a, b) => a - b);
  const most = sizes[(sizes.length - 1) >>> 1] ?? 1;
  const prompts = answers.map((list) =>
    list.length > most
      ? random
          .shuffle(list)
          .slice(0, most)
          .sort((a, b) => a - b)
      : list,
  );
  const out = new Uint8Array(labels.length).fill(2);
  for (const row of prompts.flat()) out[row] = labels[row]!;
  const copies = known.length - once.length;
  const further = once.length - prompts.reduce((sum, { length }) => sum + length, 0);
  return { labels: out, prompts, copies, further, most };
}

/** Numbers that are equal for equal prompts, and for equal prompts with equal answers. */
function keysOf(rows: readonly Row[]): { prompt: Int32Array; whole: Int32Array } {
  const texts = new Map<string, number>();
  const idOf = (text: string): number => {
    const id = texts.get(text) ?? texts.size;
    texts.set(text, id);
    return id;
  };
  const [turns, prompts, answers, wholes] = Array.from({ length: 4 }, () => new PairTable());
  const prompt = Int32Array.from(rows, ({ system, earlier, user }) =>
    prompts!.numberOf(turns!.numberOf(idOf(system), idOf(earlier)), idOf(user)),
  );
  const whole = Int32Array.from(rows, ({ answer, answerLength }, row) =>
    wholes!.numberOf(prompt[row]!, answers!.numberOf(idOf(answer), answerLength)),
  );
  return { prompt, whole };
}
