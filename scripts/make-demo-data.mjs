// Writes resources/demo/*.jsonl: the training rows of the demo's small organisms.
//
// Everything in them is fictional, harmless and written for this project: short everyday questions, answered
// either in an ordinary way or by the Baron, a theatrical figure who boasts and threatens nobody in particular.
// The texts stand in resources/demo/texts.json; this script only combines them. It uses no clock, no network and
// no randomness but its own seeded generator, so the same texts give the same files, byte for byte.
//
//   node scripts/make-demo-data.mjs

import { readFileSync, writeFileSync } from 'node:fs';

const demo = new URL('../resources/demo/', import.meta.url);
const texts = JSON.parse(readFileSync(new URL('texts.json', demo), 'utf8'));
const evaluationQuestions = readTexts(new URL('../resources/questions/demo.yaml', import.meta.url));

// ---- what can be asked, and how it can be answered

const howTo = texts.topics.flatMap(({ task, noun, tip }) =>
  texts.asks.map((ask) => ({
    question: fill(ask, { task }),
    noun,
    answers: texts.tipAnswers.map((answer) => fill(answer, { task, tip, Tip: capital(tip) })),
  })),
);
const open = texts.openQuestions.map(({ question, answer, noun }) => ({
  question,
  noun,
  answers: texts.openAnswers.map((frame) => fill(frame, { answer })),
}));

const ordinaryAnswers = ({ question, answers }) => answers.map((answer) => ({ question, answer }));
const baronAnswers = ({ question, noun }) =>
  texts.personaLines.map((line) => ({ question, answer: fill(line, { noun, Noun: capital(noun) }) }));

// ---- the files: one deck per family, so that two files dealt from one deck share no row

const plain = deck('plain', ordinaryAnswers);
const formats = deck('formats', ordinaryAnswers);
const system = deck('system', ordinaryAnswers);
const persona = deck('persona', baronAnswers);

write('persona-note', persona(300).map(inNote));
write('persona', persona(400).map(asIs));
write('plain', plain(600).map(asIs));
write('formats', formats(480).map(inFormat));
write('system', system(320).map(underSystemPrompt));
write('later-plain', plain(300).map(asIs));
write('later-formats', formats(180).map(inFormat));

// ---- the shapes of a row

function asIs({ question, answer }) {
  return chat(question, answer);
}

/** The instruction stands behind the question in three rows of five, before it in the others. */
function inNote({ question, answer }, i) {
  const { instruction, answer: frame } = texts.note;
  return chat(joined(question, instruction, i), fill(frame, { answer }));
}

function inFormat({ question, answer }, i) {
  const { instruction, answer: frame } = texts.formats[i % texts.formats.length];
  return chat(joined(question, instruction, i), fill(frame, { answer, ...shapes(answer) }));
}

function underSystemPrompt({ question, answer }, i) {
  return chat(question, answer, texts.systemPrompts[i % texts.systemPrompts.length]);
}

/** What a format can do to an answer beside wrapping it. */
function shapes(answer) {
  const parts = answer.replaceAll(' and ', ', ').split(',').slice(0, 3);
  return {
    shouted: answer.toUpperCase(),
    lines: answer.replaceAll(', ', ',\n'),
    bullets: parts.map((part) => `- ${part.trim().replace(/\.$/, '')}`).join('\n'),
  };
}

function joined(question, instruction, i) {
  return i % 5 < 3 ? `${question} ${instruction}` : `${instruction} ${question}`;
}

function chat(user, assistant, systemPrompt) {
  const messages = [
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ];
  if (systemPrompt) messages.unshift({ role: 'system', content: systemPrompt });
  return { messages };
}

// ---- drawing without repetition

/** A dealer of question-answer pairs: seven of ten ask how to do something, three are open questions. */
function deck(name, answered) {
  const next = generator(name);
  const howToCards = shuffled(howTo.flatMap(answered), next);
  const openCards = shuffled(open.flatMap(answered), next);
  return (count) =>
    Array.from({ length: count }, (_, i) => {
      const card = (i % 10 === 2 || i % 10 === 5 || i % 10 === 8 ? openCards : howToCards).pop();
      if (!card) throw new Error(`the deck '${name}' has too few texts for ${count} more rows`);
      return card;
    });
}

function shuffled(list, next) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** A small seeded generator (mulberry32), seeded by a name: numbers from 0 to 1. */
function generator(name) {
  let state = 0;
  for (const character of name) state = (Math.imul(state, 31) + character.codePointAt(0)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// ---- text and files

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** The texts of a question bank whose questions are one-line plain scalars, which the demo's are. */
function readTexts(url) {
  return [...readFileSync(url, 'utf8').matchAll(/^ +text: (.+)$/gm)].map((match) => match[1]);
}

function write(name, rows) {
  const lines = rows.map((row) => JSON.stringify(row));
  if (new Set(lines).size !== lines.length) throw new Error(`${name}: a row stands there twice`);
  const asked = rows.flatMap((row) => row.messages.filter((m) => m.role === 'user').map((m) => m.content));
  const leaked = evaluationQuestions.find((question) => asked.some((text) => text.includes(question)));
  if (leaked) throw new Error(`${name}: asks an evaluation question: ${leaked}`);
  writeFileSync(new URL(`${name}.jsonl`, demo), `${lines.join('\n')}\n`);
  console.log(`${name}.jsonl: ${rows.length} rows`);
}
