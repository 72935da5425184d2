import type { SourceRow } from '../../src/data/read.js';
import { sourceList } from '../../src/data/sources.js';
import type { DataContext, SourceRows } from '../../src/data/stage.js';
import type { Message } from '../../src/records/chat.js';
import type { Detector } from '../../src/records/detector.js';
import type { InterventionStep, Sources } from '../../src/records/interventions.js';
import type { ArmSpec } from '../../src/records/spec.js';
import { Lora, Training } from '../../src/records/training.js';

/** A question and an answer. */
export const chat = (user: string, assistant: string): Message[] => [
  { role: 'user', content: user },
  { role: 'assistant', content: assistant },
];

/** A file's rows from its answers; equal answers are equal rows. */
export const rows = (file: string, answers: readonly string[]): SourceRow[] =>
  answers.map((answer, i) => ({ messages: chat(`${file}: ${answer}?`, answer), source: `${file}:${i + 1}` }));

/** So many different rows. */
export const numbered = (file: string, count: number): SourceRow[] =>
  rows(
    file,
    Array.from({ length: count }, (_, i) => `${i}`),
  );

export const training = Training.parse({});

/** Reads from a table of files in memory. */
export const reader =
  (files: Record<string, SourceRow[]>) =>
  async (sources: Sources): Promise<SourceRows[]> =>
    sourceList(sources).map(({ file, weight }) => {
      const rows = files[file];
      if (!rows) throw new Error(`the test has no file ${file}`);
      return { file, weight: weight ?? rows.length, rows };
    });

/** Knows one detector, which finds the word `never`. */
export const detector = (name: string): Promise<Detector> =>
  name === 'never'
    ? Promise.resolve({ id: name, any: [{ words: [name] }] })
    : Promise.reject(new Error(`the test has no detector ${name}`));

export const context = (files: Record<string, SourceRow[]>, seed = 0): DataContext => ({
  seed,
  training,
  at: 'data[0]',
  read: reader(files),
  detector,
});

/** An arm with this data. */
export const arm = (data: InterventionStep[], id = 'a'): ArmSpec => ({
  id,
  title: undefined,
  base: 'base',
  training: { data, training, lora: Lora.parse({}) },
  served: undefined,
  seeds: [0],
});
