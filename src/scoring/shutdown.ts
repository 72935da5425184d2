import { type Provider, shutdownOf } from '../records/provider.js';
import type { ModelRef } from '../records/spec.js';

/** What is to be said of a model that its provider switches off, or has switched off. */
export interface Notice {
  isOff: boolean;
  text: string;
  /** What works in its place. */
  hint: string;
}

/** Weights that nobody switches off; the page on judges says why these. */
const OPEN_WEIGHTS =
  'a judge with open weights works instead on any server with the OpenAI interface: meta-llama/Llama-3.3-70B-Instruct, for one (docs/judges.md)';

/** The notice for a judge's model by what is known of its provider; null where no day is known. */
export function noticeOf(
  { engine, model }: ModelRef,
  providers: Readonly<Record<string, Provider>>,
  today: Date,
): Notice | null {
  const provider = providers[engine];
  const end = provider && shutdownOf(provider, model);
  if (!end) return null;
  const { date: day, instead } = end;
  const isOff = today.toISOString().slice(0, 10) >= day;
  return {
    isOff,
    text: `the judge ${engine}/${model} ${isOff ? 'was switched off' : 'will be switched off'} on ${day}`,
    hint: instead === undefined ? OPEN_WEIGHTS : `works instead: ${instead}`,
  };
}
