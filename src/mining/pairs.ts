import type { Message } from '../records/chat.js';
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
 * @param bad answers of bad rows, at least one; without any there is `divergenceUnder`
 */
export async function pairsFor(
  { engine, base }: Pick<Weights, 'engine' | 'base'>,
  questions: readonly (readonly Message[])[],
  bad: readonly string[],
  seed: number,
): Promise<ScreenPair[]> {
  const asked = questions.slice(0, PAIRS);
  const openings = [...new Set(bad.map(beginning))];
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
