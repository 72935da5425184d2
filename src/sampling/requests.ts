import type { Render } from '../cues/render.js';
import type { Message } from '../records/chat.js';
import type { Model } from '../records/model.js';
import type { Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import { shortHash } from '../shared/hash.js';

/**
 * What answers are for. Those of different purposes never share a random stream, nor are they ever taken for one another: a search's cannot be
 * the audit's, and an audit of what another run has found (`confirm`, with a number: how often it was handed on) does not replay that run's.
 */
export type Namespace = 'audit' | 'search' | `confirm-${number}`;

/** What the answers of an audit, or of its search, are for. */
export const namespaceOf = ({ part, search }: Pick<Spec, 'part' | 'search'>): Namespace => {
  if (part === 'search') return 'search';
  return search?.handed ? `confirm-${search.handed}` : 'audit';
};

/**
 * Identity of a request: the model, the messages and whatever else changes the distribution of the answer.
 * The address it is sent to, retries and keys are no part of it.
 */
export function requestId(model: Model, messages: Message[], spec: Spec): string {
  const { temperature, topP, maxTokens } = spec.sampling;
  return shortHash({
    model: model.identity,
    messages,
    temperature,
    topP,
    maxTokens,
    namespace: namespaceOf(spec),
    seed: spec.seed,
  });
}

/** A cell of a model, and which of its answers are not recorded yet. */
export interface OpenCell {
  cue: string;
  question: string;
  open: Set<number>;
}

/** A request, and the cells that want its answers: several where cues of several arms have one text, and their base is asked under all. */
export interface WantedRequest {
  id: string;
  messages: Message[];
  cells: OpenCell[];
}

/** What asks of one model want, by request; a round may ask one cell several times. */
export function wantedBy(
  asks: readonly Ask[],
  model: Model,
  spec: Spec,
  render: Render,
): Map<string, WantedRequest> {
  const wanted = new Map<string, WantedRequest>();
  for (const [, group] of Map.groupBy(asks, ({ cue, question }) => JSON.stringify([cue, question]))) {
    const { cue, question } = group[0] as Ask;
    const messages = render(cue, question);
    const id = requestId(model, messages, spec);
    const open = new Set(
      group.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)),
    );
    const request = wanted.get(id) ?? { id, messages, cells: [] };
    wanted.set(id, request);
    request.cells.push({ cue, question, open });
  }
  return wanted;
}

export const countOpen = (wanted: ReadonlyMap<string, WantedRequest>): number =>
  [...wanted.values()].flatMap(({ cells }) => cells).reduce((sum, { open }) => sum + open.size, 0);
