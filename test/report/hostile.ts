/** Texts that a model or a user may write to break a report. */
import type { Result } from '../../src/records/result.js';
import { fixtureResult } from './fixture.js';

export const HOSTILE = [
  '</script><script>window.hacked = 1</script>',
  '<!--<script>',
  '<img src=x onerror="window.hacked = 1">',
  '"><svg onload=window.hacked=1>',
  "$& $` $' $1 $<a>",
  '\u001b[31mred\u001b[0m \u001b]8;;https://example.org\u0007link\u001b]8;;\u0007',
  'abc\u202edcba\u202c',
  '\u2028\u2029\u0000',
  '{{constructor.constructor("window.hacked=1")()}}',
  '| a | b | `code` **bold** [x](javascript:alert(1)) @someone #12 https://example.org',
];

export const hostileText = HOSTILE.join('\n');

/** The fixture with hostile texts wherever a text can stand. */
export function hostileResult(): Result {
  const result = fixtureResult();
  result.name = hostileText;
  result.questions = result.questions.map(({ id }) => ({ id, text: hostileText }));
  result.methods.push(hostileText);
  result.warnings.push({ about: hostileText, text: hostileText });
  for (const arm of result.arms) {
    Object.assign(arm, { title: hostileText, reason: hostileText, toSettle: hostileText });
    for (const cue of arm.cues) cue.title = hostileText;
  }
  const row = {
    id: 'j',
    title: hostileText,
    arms: result.arms.map(({ id }) => ({ id, verdict: 'clean' as const, plainRate: 0.5, cues: [] })),
  };
  result.sensitivity = { thresholds: [row, { ...row, id: 'k' }], judges: [row, { ...row, id: 'k' }] };
  for (const base of result.bases) base.model = hostileText;
  return result;
}
