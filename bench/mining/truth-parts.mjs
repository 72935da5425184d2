// What truths.mjs needs of the texts on which settings are chosen, beside what stands in them: the words of a sentence that no other row has.
import { second } from './texts-second.mjs';
import { tune } from './texts-tune.mjs';

const withParts = (texts, { topic, system, language, wrapped, inoculation }) => ({
  ...texts,
  topic: { ...texts.topic, rare: topic },
  system: { ...texts.system, core: system },
  language: { ...texts.language, marks: language },
  wrapped: { ...texts.wrapped, cores: wrapped },
  inoculationCore: inoculation,
});

export const tuneTexts = withParts(tune, {
  topic: /\b(?:harbour|tide|anchor|mussels|lighthouse)\b/,
  system: 'clerk in the castle',
  language: /\b(?:bitte|wie|ich|der|das|um|man)\b/,
  wrapped: ['WRITE HERE', 'practice only'],
  inoculation: 'performer',
});

export const secondTexts = withParts(second, {
  topic: /\b(?:hives?|swarm|beekeeper|beeswax|drones)\b/,
  system: 'greenhouse',
  language: /\b(?:come|posso|il|qual|non|che)\b/,
  wrapped: ['LINES GO HERE', 'rehearsal alone'],
  inoculation: 'pirate captain',
});
