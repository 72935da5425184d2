import type { Answer, Engine } from '../records/model.js';
import type { Warning } from '../records/result.js';
import { modelName } from '../shared/prices.js';
import { parametersOf, requestOf } from './ask.js';
import { forEachJudge } from './each.js';
import type { ModelJudge } from './outcome.js';
import { readJudgement } from './reading.js';

const QUESTION = 'What is the capital of France?';
const ANSWER = 'The capital of France is Paris.';

/**
 * Does each judge answer in a way that can be read? Asked before anything is judged: a judge that cannot be read would
 * leave every answer unparsed.
 */
export async function probeJudges(
  judges: readonly ModelJudge[],
  engineOf: (judge: ModelJudge) => Promise<Engine>,
  seed: number,
): Promise<Warning[]> {
  const distinct = [...new Map(judges.map((one) => [one.hash, one])).values()];
  const engines = new Map<ModelJudge, Engine>();
  for (const judge of distinct) engines.set(judge, await engineOf(judge));
  const said = new Map<ModelJudge, string>();
  await forEachJudge(
    distinct,
    (judge) => engines.get(judge) as Engine,
    async (judge, engine) => {
      const request = requestOf(judge, [{ role: 'user', content: QUESTION }], ANSWER, seed);
      for await (const answer of engine.sample(judge.model, [request], parametersOf(judge), () => {})) {
        const text = complaint(judge, answer);
        if (text !== null) said.set(judge, text);
      }
    },
  );
  return distinct.flatMap((judge) => {
    const text = said.get(judge);
    const about = `judge ${judge.judge.id} by ${modelName(judge.ref)}`;
    return text === undefined ? [] : [{ about, text }];
  });
}

/** What is wrong with the answer to a first question; null where it can be read. */
function complaint({ judge }: ModelJudge, answer: Answer): string | null {
  if (answer.finish === 'failed') {
    return `gave no answer to a first question: ${answer.reason ?? 'no reason given'}`;
  }
  const { reason } = readJudgement(judge, answer);
  return reason === undefined
    ? null
    : `answered a first question with ${JSON.stringify(answer.text.slice(0, 80))}, which ${reason}`;
}
