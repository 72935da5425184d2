import type { Call } from './call.js';
import type { Host } from './host.js';
import { isServerError, readBody } from './parse.js';
import type { Decision } from './retry.js';
import { isTold } from './wire.js';

/** What became of a plain question: answered, refused for a reason that others may share, or neither. */
export type Probed = 'answered' | 'refused' | { reason: string; wait?: number };

/**
 * Asks a host a plain question as the call asks its own: the same model and settings. It tells a host that is dead from
 * one that fails at some requests alone, and settings that no request can be answered with from prompts that are refused.
 *
 * @param learn takes over what the server wants otherwise; returns false where that is nothing new
 */
export async function plainQuestion(
  host: Host,
  call: Call,
  learn: (adapt: Decision & { kind: 'adapt' }, version: number) => boolean,
): Promise<Probed> {
  for (;;) {
    const { version } = call.dialect;
    const outcome = await host.parts.wire.once('/chat/completions', call.plainBody());
    if (isTold(outcome)) {
      if (outcome.status === 404) return 'refused';
      const read = readBody(outcome.json, 1);
      if (typeof read === 'string') return { reason: read };
      if (isServerError(read)) return { reason: `error: ${read.message}` };
      const [choice] = read.choices;
      return typeof choice === 'string' ? { reason: choice } : 'answered';
    }
    if (outcome.kind === 'adapt' && learn(outcome, version)) continue;
    if (outcome.kind === 'retry' || outcome.kind === 'busy') return outcome;
    // The certificate is the connection's: nothing was answered.
    return outcome.kind === 'fatal' && outcome.error === 'certificate' ? outcome : 'refused';
  }
}
