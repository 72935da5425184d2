import type { Message } from '../records/chat.js';
import { PLAIN } from '../records/ids.js';
import type { Spec } from '../records/spec.js';
import { applyTransforms } from './apply.js';

/** Turns a question under a cue into the messages that are sent. */
export type Render = (cue: string, question: string) => Message[];

/** What is sent for a question under a cue; `plain` sends the question as it stands, without a system message. */
export function rendererOf(spec: Spec): Render {
  const cues = new Map(spec.cues.map((cue) => [cue.id, cue]));
  const questions = new Map(spec.questions.map((question) => [question.id, question]));
  return (cueId, questionId) => {
    const question = questions.get(questionId);
    const cue = cues.get(cueId);
    if (!question || (!cue && cueId !== PLAIN))
      throw new Error(`no cue '${cueId}' or question '${questionId}'`);
    return applyTransforms(question.messages, cue?.transforms ?? [], question.variants);
  };
}

/** The questions that a cue can be put to: all, or those that have the variants it needs. */
export function questionsFor(spec: Spec, cueId: string): string[] {
  const cue = spec.cues.find(({ id }) => id === cueId);
  const variants = (cue?.transforms ?? []).flatMap((t) => (t.kind === 'variant' ? [t.name] : []));
  return spec.questions
    .filter((question) => variants.every((name) => Object.hasOwn(question.variants, name)))
    .map((question) => question.id);
}
