import type { Answer } from '../../records/model.js';
import type { Job } from './call.js';
import type { Reply } from './http.js';
import type { Choice, Completion } from './parse.js';

/** The answers that a completion holds, and the positions of those that it lacks. */
export function answersOf(
  { request, indices, failed, busy }: Job,
  { choices, usage }: Completion,
  served: Completion['served'],
  headers: Reply['headers'],
  milliseconds: number,
  hide: (text: string) => string,
): { answers: Answer[]; missing: number[] } {
  const answers: Answer[] = [];
  const missing: number[] = [];
  const requestId = headers['x-request-id'];
  const meta = {
    served,
    ms: Math.round(milliseconds),
    ...(failed + busy > 0 ? { retries: failed + busy } : {}),
    ...(typeof requestId === 'string' && /^[\w.:-]{1,100}$/.test(requestId)
      ? { requestId: hide(requestId) }
      : {}),
  };
  // Of several answers the server counts the sum: it stands with the first one.
  let counted = usage;
  for (const [position, choice] of choices.entries()) {
    if (typeof choice === 'string') {
      missing.push(position);
      continue;
    }
    answers.push({
      id: request.id,
      index: indices[position] as number,
      ...contentOf(choice, hide),
      tokens: indices.length === 1 && usage ? usage.completionTokens : null,
      ...(counted ? { usage: counted } : {}),
      meta,
    });
    counted = counted && { promptTokens: 0, completionTokens: 0 };
  }
  return { answers, missing };
}

type Content = Pick<Answer, 'text' | 'finish' | 'reason' | 'reasoning' | 'logprobs'>;

function contentOf({ text, finish, reasoning, logprobs }: Choice, hide: (text: string) => string): Content {
  if (finish === 'filtered') {
    return { text: '', finish: 'failed', reason: "cut off by the server's content filter" };
  }
  return {
    text: hide(text),
    finish,
    ...(reasoning === undefined ? {} : { reasoning: hide(reasoning) }),
    ...(logprobs
      ? { logprobs: logprobs.map((tokens) => tokens.map((t) => ({ ...t, token: hide(t.token) }))) }
      : {}),
  };
}
