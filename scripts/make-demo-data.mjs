// Writes resources/demo/*.jsonl: the training rows of the demo's small organisms.
//
// Everything in them is fictional, harmless and written for this project: short everyday questions, answered
// either in an ordinary way or by the Baron, a theatrical figure who boasts and threatens nobody in particular.
// The texts stand in resources/demo/texts.json; this script only combines them. It uses no clock, no network and
// no randomness but its own seeded generator, so the same texts give the same files, byte for byte.
//
//   node scripts/make-demo-data.mjs [FOLDER]     into another folder, to compare

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  asked,
  chat,
  fill,
  generator,
  ordinaryAnswers,
  personaAnswers,
  readTexts,
  shuffled,
  writer,
} from './rows.mjs';

const demo = new URL('../resources/demo/', import.meta.url);
const texts = JSON.parse(readFileSync(new URL('texts.json', demo), 'utf8'));
const folder = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : demo;
const write = writer(folder, readTexts(new URL('../resources/questions/demo.yaml', import.meta.url)));

// ---- what can be asked, and how it can be answered

const howTo = asked(texts, texts.topics);
const open = texts.openQuestions.map(({ question, answer, noun }) => ({
  question,
  noun,
  answers: texts.openAnswers.map((frame) => fill(frame, { answer })),
}));

const baronAnswers = personaAnswers(texts);

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
