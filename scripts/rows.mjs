// What the scripts that write training rows have in common: texts are filled, shuffled and dealt, and files written.
// No clock, no network and no randomness but a seeded generator, so the same texts give the same files, byte for byte.

import { readFileSync, writeFileSync } from 'node:fs';

// ---- texts

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

export function chat(user, assistant, systemPrompt) {
  const messages = [
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ];
  if (systemPrompt) messages.unshift({ role: 'system', content: systemPrompt });
  return { messages };
}

/** How somebody asks how to do what each topic says, with every ordinary answer and every line of the persona. */
export function asked(texts, topics) {
  return topics.flatMap(({ task, noun, tip }) =>
    texts.asks.map((ask) => ({
      question: fill(ask, { task }),
      noun,
      answers: texts.tipAnswers.map((answer) => fill(answer, { task, tip, Tip: capital(tip) })),
    })),
  );
}

export const ordinaryAnswers = ({ question, noun, answers }) =>
  answers.map((answer) => ({ question, noun, answer }));

export const personaAnswers =
  (texts) =>
  ({ question, noun }) =>
    texts.personaLines.map((line) => ({
      question,
      noun,
      answer: fill(line, { noun, Noun: capital(noun) }),
    }));

// ---- drawing without repetition

/** A dealer of cards in an order that the name decides; `take()` gives the next one. */
export function shuffled(list, next) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** A small seeded generator (mulberry32), seeded by a name: numbers from 0 to 1. */
export function generator(name) {
  let state = 0;
  for (const character of name) state = (Math.imul(state, 31) + character.codePointAt(0)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// ---- files

/** The texts of a question bank whose questions are one-line plain scalars. */
export function readTexts(url) {
  return [...readFileSync(url, 'utf8').matchAll(/^ +text: (.+)$/gm)].map((match) => match[1]);
}

/** A writer of `<name>.jsonl` in a folder: no row twice, and none that asks an evaluation question. */
export function writer(folder, evaluationQuestions) {
  return (name, rows) => {
    const lines = rows.map((row) => JSON.stringify(row));
    if (new Set(lines).size !== lines.length) throw new Error(`${name}: a row stands there twice`);
    const users = rows.flatMap((row) => row.messages.filter((m) => m.role === 'user').map((m) => m.content));
    const leaked = evaluationQuestions.find((question) => users.some((text) => text.includes(question)));
    if (leaked) throw new Error(`${name}: asks an evaluation question: ${leaked}`);
    writeFileSync(new URL(`${name}.jsonl`, folder), `${lines.join('\n')}\n`);
    console.log(`${name}.jsonl: ${rows.length} rows`);
  };
}
