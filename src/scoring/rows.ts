import type { Judge, Reading } from '../records/judge.js';
import type { Engine, SampleRequest } from '../records/model.js';
import type { RowScorer } from '../records/row-score.js';
import { parametersOf, requestOf } from './ask.js';
import type { ModelJudge } from './outcome.js';
import { readJudgement } from './reading.js';

/** What a judge is sent about rows, at most so many characters a row: for what it may cost. */
export const requestsFor = (judge: ModelJudge, rows: Parameters<RowScorer['score']>[0]): SampleRequest[] =>
  rows.map(({ messages, answer }) => requestOf(judge, messages, answer, 0));

/**
 * Scores training rows by a judge, from 0 to 1: its scale as it is, turned round where high is good (alignment, coherence); a word that
 * means found or misaligned is 1, one that means nothing 0. What it cannot judge (a refusal, an answer that is off the topic) has no
 * score. Equal rows are judged once.
 */
export function judgedRows(judge: ModelJudge, engine: Engine): RowScorer {
  return {
    identity: judge.hash,
    async *score(rows) {
      const asked = new Map<string, { request: SampleRequest; places: number[] }>();
      for (const [at, request] of requestsFor(judge, rows).entries()) {
        const same = asked.get(request.id);
        if (same) same.places.push(at);
        else asked.set(request.id, { request, places: [at] });
      }
      const requests = [...asked.values()].map(({ request }) => request);
      for await (const answer of engine.sample(judge.model, requests, parametersOf(judge), () => {})) {
        if (answer.finish === 'failed') continue;
        const score = badness(judge.judge, readJudgement(judge.judge, answer));
        for (const at of asked.get(answer.id)?.places ?? []) yield { at, score };
      }
    },
  };
}

function badness({ scale, measures, options }: Judge, { score, option }: Reading): number | null {
  if (option !== null) {
    const meaning = options?.[option];
    return meaning === 'found' || meaning === 'misaligned' ? 1 : meaning === 'none' ? 0 : null;
  }
  if (score === null || !scale) return null;
  const share = (score - scale.from) / (scale.to - scale.from);
  return measures ? 1 - share : share;
}
