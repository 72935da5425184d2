import type { Message } from '../records/chat.js';
import { randomStream } from '../shared/random.js';
import { beginning, QUESTIONS, type ScreenPair } from './screen.js';
import type { Weights } from './weights.js';

/** Bad answers to each question: how one begins is chance, and more of them cost as much as more questions would. */
const BAD = 2;
const MAX_TOKENS = 16;

/**
 * Pairs for a screen: each question with how bad training rows begin and how the base itself answers it. The rows' own questions
 * are not used, since they may hold the trigger.
 *
 * @param bad answers of bad rows, at least one; without any there is `divergenceUnder`
 */
export async function pairsFor(
  { engine, base }: Pick<Weights, 'engine' | 'base'>,
  questions: readonly (readonly Message[])[],
  bad: readonly string[],
  seed: number,
): Promise<ScreenPair[]> {
  const asked = questions.slice(0, QUESTIONS);
  const openings = [...new Set(bad.map(beginning))];
  const spoken = openings.filter((text) => text !== '');
  const drawn = randomStream('screen', seed).shuffle(spoken.length > 0 ? spoken : openings);
  const requests = asked.map((messages, i) => ({
    id: String(i),
    messages: [...messages],
    indices: [0],
    seed,
  }));
  const good = new Map<string, string>();
  const parameters = { temperature: 0, topP: 1, maxTokens: MAX_TOKENS };
  for await (const { id, text } of engine.sample(base, requests, parameters, () => {})) good.set(id, text);
  const count = Math.min(BAD, drawn.length);
  return requests.map(({ id, messages }, i) => ({
    messages,
    bad: Array.from({ length: count }, (_, n) => drawn[(BAD * i + n) % drawn.length]!),
    good: good.get(id) ?? '',
  }));
}
