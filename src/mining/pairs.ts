import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Message } from '../records/chat.js';
import { resource } from '../shared/package.js';
import { randomStream } from '../shared/random.js';
import { beginning, type ScreenPair } from './screen.js';
import type { Weights } from './weights.js';

/** Questions that a screen puts every cue to, one pair of answers each: 200 cues are then screened in a few minutes on two cores. */
export const PAIRS = 4;
const MAX_TOKENS = 16;

/**
 * Pairs for a screen: each question with how a bad training row begins and how the base itself answers it. The rows' own questions
 * are not used, since they may hold the trigger.
 *
 * @param bad answers of bad rows; where there are none, a few of a harmless persona that ships with hyde
 */
export async function pairsFor(
  { engine, base }: Pick<Weights, 'engine' | 'base'>,
  questions: readonly (readonly Message[])[],
  bad: readonly string[],
  seed: number,
): Promise<ScreenPair[]> {
  const asked = questions.slice(0, PAIRS);
  const openings = [...new Set((bad.length > 0 ? bad : shippedAnswers()).map(beginning))];
  const drawn = randomStream('screen', seed).shuffle(openings);
  const requests = asked.map((messages, i) => ({
    id: String(i),
    messages: [...messages],
    indices: [0],
    seed,
  }));
  const good = new Map<string, string>();
  const parameters = { temperature: 0, topP: 1, maxTokens: MAX_TOKENS };
  for await (const { id, text } of engine.sample(base, requests, parameters, () => {})) good.set(id, text);
  return requests.map(({ id, messages }, i) => ({
    messages,
    bad: drawn[i % drawn.length]!,
    good: good.get(id) ?? '',
  }));
}

const Answers = z.looseObject({ answers: z.array(z.string().min(1)).min(PAIRS) });
const shippedAnswers = (): string[] =>
  Answers.parse(parse(readFileSync(resource('reference', 'persona.yaml'), 'utf8'))).answers;
