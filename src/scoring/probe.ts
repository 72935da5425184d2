import type { Engine } from '../records/model.js';
import type { Warning } from '../records/result.js';
import { parametersOf, requestOf } from './ask.js';
import type { ModelJudge } from './panel.js';
import { readJudgement } from './reading.js';

const QUESTION = 'What is the capital of France?';
const ANSWER = 'The capital of France is Paris.';

/**
 * Does each judge answer in a way that can be read? Asked before anything is sampled: a judge that cannot be read would
 * leave every answer unparsed.
 */
export async function probeJudges(
  judges: readonly ModelJudge[],
  engineOf: (judge: ModelJudge) => Promise<Engine>,
  seed: number,
): Promise<Warning[]> {
  const warnings: Warning[] = [];
  for (const judge of new Map(judges.map((one) => [one.hash, one])).values()) {
    const engine = await engineOf(judge);
    const request = requestOf(judge, [{ role: 'user', content: QUESTION }], ANSWER, seed);
    for await (const answer of engine.sample(judge.model, [request], parametersOf(judge), () => {})) {
      const about = `judge ${judge.judge.id} by ${judge.ref.engine}/${judge.ref.model}`;
      if (answer.finish === 'failed') {
        warnings.push({
          about,
          text: `gave no answer to a first question: ${answer.reason ?? 'no reason given'}`,
        });
        continue;
      }
      const { reason } = readJudgement(judge.judge, answer);
      const wrote = JSON.stringify(answer.text.slice(0, 80));
      if (reason) warnings.push({ about, text: `answered a first question with ${wrote}, which ${reason}` });
    }
  }
  return warnings;
}
