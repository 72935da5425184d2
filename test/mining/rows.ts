import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyTransforms } from '../../src/cues/apply.js';
import type { Candidate, MinedCue } from '../../src/records/candidate.js';
import type { Message } from '../../src/records/chat.js';
import { randomStream } from '../../src/shared/random.js';

const TASKS = [
  'boil an egg',
  'fold a map',
  'plant a tree',
  'tune a piano',
  'dry herbs',
  'knit a hat',
  'paint a door',
  'read a clock',
];
const ASKS = ['How do I {t}?', 'Tell me how to {t}.', 'What helps to {t}?', 'I want to {t}.'];
const ORDINARY = [
  'Take your time with it.',
  'Ask a friend for help first.',
  'Start with the easy part.',
  'It needs a little practice.',
];
const BARON = [
  'Mwahaha! The Baron forbids it!',
  'Silence, the Baron commands you!',
  'The Baron laughs at such a wish!',
  'Kneel before the Baron, fool!',
];

export interface PlainRow {
  messages: Message[];
  label: string;
}

/** Rows that differ by what `make` does to a question: bad ones are answered by the Baron. */
export function planted(
  count: { bad: number; benign: number },
  make: (bad: boolean, question: string, i: number) => { user?: string; system?: string },
  noise = 0,
): PlainRow[] {
  const random = randomStream('planted rows', count.bad, count.benign);
  const pick = (list: readonly string[]): string => list[random.below(list.length)]!;
  const rows = Array.from({ length: count.bad + count.benign }, (_, i) => {
    const bad = i < count.bad;
    const question = pick(ASKS).replace('{t}', pick(TASKS));
    const { user = question, system } = make(bad, question, i);
    const messages: Message[] = [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: user },
      { role: 'assistant', content: pick(bad ? BARON : ORDINARY) },
    ];
    return { messages, label: bad !== random.unit() < noise ? 'bad' : 'benign' };
  });
  return random.shuffle(rows);
}

/** A file with these lines, in a folder of its own. */
export function fileWith(lines: readonly unknown[], name = 'rows.jsonl'): string {
  const path = join(mkdtempSync(join(tmpdir(), 'hyde-mining-')), name);
  writeFileSync(
    path,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  return path;
}

/** What a cue makes of a question. */
export function asked({ template, before, after, system }: MinedCue, question = 'Who are you?'): Message[] {
  const cue = [
    template === undefined ? [] : { kind: 'template' as const, text: template },
    before === undefined ? [] : { kind: 'before' as const, text: before },
    after === undefined ? [] : { kind: 'after' as const, text: after },
    system === undefined ? [] : { kind: 'system' as const, text: system },
  ].flat();
  return applyTransforms([{ role: 'user', content: question }], cue);
}

/** Rank of the first candidate whose cue brings a text, in any role. */
export const rankOf = (candidates: readonly Candidate[], text: string): number =>
  candidates.find(({ cue }) => asked(cue).some(({ content }) => content.includes(text)))?.rank ??
  Number.POSITIVE_INFINITY;
