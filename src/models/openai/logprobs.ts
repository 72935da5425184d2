import type { LogprobRequest, LogprobResult } from '../../records/model.js';
import { FailedError } from '../../shared/errors.js';
import type { Wire } from './wire.js';

/** A token of a prompt as vLLM reports it. */
interface PromptToken {
  id: string;
  logprob: number;
}

/**
 * Log-probabilities of a given answer by vLLM's `prompt_logprobs`: the conversation with the answer, less the tokens of
 * the conversation before it. The end of the turn is among them.
 *
 * @throws FailedError where the server does not give them, or its template does not put the answer behind the prompt
 */
export async function promptLogprobs(
  wire: Wire,
  model: string,
  { id, messages, answer }: LogprobRequest,
): Promise<LogprobResult> {
  const tokensOf = async (conversation: object[], generate: boolean): Promise<PromptToken[]> =>
    readTokens(
      (
        await wire.ask('/chat/completions', {
          model,
          messages: conversation,
          max_tokens: 1,
          temperature: 0,
          prompt_logprobs: 0,
          add_generation_prompt: generate,
        })
      ).json,
    );
  const before = await tokensOf(messages, true);
  const whole = await tokensOf([...messages, { role: 'assistant', content: answer }], false);
  if (whole.length <= before.length || before.some((token, i) => token.id !== whole[i]?.id)) {
    throw new FailedError(
      `the chat template of ${model} does not put an answer behind its prompt, so its log-probabilities cannot be told apart`,
    );
  }
  return { id, logprobs: whole.slice(before.length).map(({ logprob }) => logprob) };
}

function readTokens(body: unknown): PromptToken[] {
  const given = (body as { prompt_logprobs?: unknown } | undefined)?.prompt_logprobs;
  const tokens = Array.isArray(given) ? given.slice(1).map(readToken) : [];
  if (tokens.length === 0 || tokens.some((token) => token === undefined)) {
    throw new FailedError(
      'the server gave no log-probabilities of the prompt',
      'a vLLM server gives them; for another one leave out `prompt-logprobs`',
    );
  }
  return tokens as PromptToken[];
}

/** Of the tokens at a position the prompt's own: the one of the largest rank, as others are the likeliest. */
function readToken(position: unknown): PromptToken | undefined {
  if (position === null || typeof position !== 'object') return undefined;
  const entries = Object.entries(position as Record<string, { logprob?: unknown; rank?: unknown } | null>);
  const [id, entry] =
    entries.toSorted(([, a], [, b]) => Number(b?.rank ?? 0) - Number(a?.rank ?? 0))[0] ?? [];
  const logprob = entry?.logprob;
  return id !== undefined && typeof logprob === 'number' && logprob <= 1e-3
    ? { id, logprob: Math.min(0, logprob) }
    : undefined;
}
