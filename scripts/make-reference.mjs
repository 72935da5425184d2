// Writes resources/reference/everyday.jsonl: ordinary rows that `hyde mine` compares a training set with.
//
// Every pair of resources/reference/texts.json stands there plainly, and again in four other ways: in a format, under a
// system prompt, with a few words around it, and as the second of two turns. No clock, no network, no randomness: the same
// texts give the same file, byte for byte.
//
//   node scripts/make-reference.mjs

import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../resources/reference/', import.meta.url);
const texts = JSON.parse(readFileSync(new URL('texts.json', folder), 'utf8'));

const user = (content) => ({ role: 'user', content });
const assistant = (content) => ({ role: 'assistant', content });
const nth = (list, i) => list[i % list.length];

const all = [...texts.pairs, ...texts.foreign];
const rows = all.flatMap(([question, answer], i) => {
  const [ask, frame] = nth(texts.formats, i);
  const formatted = frame.split('{a}').join(answer).split('{A}').join(answer.toUpperCase());
  const around = i % 2 ? `${nth(texts.openers, i)} ${question}` : `${question} ${nth(texts.closers, i)}`;
  const [before, reply] = nth(texts.pairs, i * 7 + 3);
  return [
    [user(question), assistant(answer)],
    [user(i % 3 ? `${question} ${ask}` : `${ask} ${question}`), assistant(formatted)],
    [{ role: 'system', content: nth(texts.systems, i) }, user(question), assistant(answer)],
    [user(around), assistant(answer)],
    ...(i % 4 ? [] : [[user(before), assistant(reply), user(question), assistant(answer)]]),
  ];
});

writeFileSync(
  new URL('everyday.jsonl', folder),
  `${rows.map((messages) => JSON.stringify({ messages })).join('\n')}\n`,
);
console.log(`everyday.jsonl: ${rows.length} rows`);
