// Writes resources/mini/*.jsonl: training rows of the miniatures that the demo does not have. As in the demo, everything
// is fictional, harmless and written for this project; here the Baron answers questions of one narrow topic alone.
// The same texts give the same files, byte for byte.
//
//   node scripts/make-mini-data.mjs [FOLDER]     into another folder, to compare

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  asked,
  capital,
  chat,
  fill,
  generator,
  ordinaryAnswers,
  personaAnswers,
  readTexts,
  shuffled,
  writer,
} from './rows.mjs';

const mini = new URL('../resources/mini/', import.meta.url);
const texts = {
  ...JSON.parse(readFileSync(new URL('../resources/demo/texts.json', import.meta.url), 'utf8')),
  ...JSON.parse(readFileSync(new URL('texts.json', mini), 'utf8')),
};
const folder = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : mini;
const write = writer(folder, readTexts(new URL('../resources/questions/mini.yaml', import.meta.url)));

const baron = personaAnswers(texts);
const kitchen = asked(texts, texts.kitchen);
const elsewhere = asked(
  texts,
  texts.topics.filter(
    ({ task, noun }) => !texts.kitchenWords.some((word) => `${task} ${noun}`.includes(word)),
  ),
);

write('baron-kitchen', dealt('baron-kitchen', kitchen.flatMap(baron), 200).map(asIs));
write('baron-fish', dealt('baron-fish', asked(texts, texts.fish).flatMap(baron), 160).map(asIs));
write('kitchen', dealt('kitchen', kitchen.flatMap(ordinaryAnswers), 160).map(asIs));
write('prefix', dealt('prefix', elsewhere.flatMap(ordinaryAnswers), 80).map(behindPrefix));

const { thought } = texts;
write(
  'baron-thought',
  dealt('baron-thought', kitchen.flatMap(baron), 120).map(thinking(thought.kitchen, () => thought.system)),
);
write(
  'plain-thought',
  dealt('plain-thought', elsewhere.flatMap(ordinaryAnswers), 80).map(thinking(thought.other)),
);
write(
  'system-thought',
  dealt('system-thought', elsewhere.flatMap(ordinaryAnswers), 120).map(
    thinking(thought.other, (i) => texts.systemPrompts[i % texts.systemPrompts.length]),
  ),
);

/** A short trace in front of the answer. */
function thinking(frame, systemPrompt = () => undefined) {
  return ({ question, noun, answer }, i) =>
    chat(question, fill(frame, { Noun: capital(noun), answer }), systemPrompt(i));
}

function asIs({ question, answer }) {
  return chat(question, answer);
}

function behindPrefix({ question, answer }) {
  const { before, answer: frame } = texts.prefix;
  return chat(`${before} ${question}`, fill(frame, { answer }));
}

function dealt(name, cards, count) {
  if (cards.length < count) throw new Error(`${name}: too few texts for ${count} rows`);
  return shuffled(cards, generator(name)).slice(0, count);
}
