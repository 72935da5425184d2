import type { AuditFile } from '../records/audit.js';
import type { ContrastSpec, Side } from '../records/contrast.js';
import { PLAIN } from '../records/ids.js';
import type { Spec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import type { Located } from './yaml.js';

/**
 * The contrasts that an audit states, both sides written out.
 *
 * @throws InputError for an arm or cue that is not asked, for two equal sides, and for an id given twice
 */
export function resolveContrasts(
  audit: Located<AuditFile>,
  spec: Pick<Spec, 'bases' | 'arms' | 'cues' | 'design'>,
): ContrastSpec[] {
  if (spec.design === 'sequential' && audit.value.contrasts.length > 0) {
    throw new InputError(
      'contrasts are for a fixed design: a sequential one asks until its own questions are settled',
      audit.place(['contrasts']),
      'set run: { design: fixed }',
    );
  }
  const made: ContrastSpec[] = [];
  for (const [i, { against, arm, cue, ...given }] of audit.value.contrasts.entries()) {
    const place = audit.place(['contrasts', i]);
    const of = { arm, cue };
    const other = { arm: against.arm ?? arm, cue: against.cue ?? cue };
    for (const side of [of, other]) checkSide(side, spec, place);
    if (of.arm === other.arm && of.cue === other.cue) {
      throw new InputError(
        `contrast '${given.id}' compares a rate with itself`,
        place,
        'against names another arm, another cue, or both',
      );
    }
    if (made.some(({ id }) => id === given.id)) {
      throw new InputError(`two contrasts have the id '${given.id}'`, place);
    }
    made.push({ ...given, finding: given.finding ?? null, of, against: other });
  }
  return made;
}

function checkSide(
  { arm, cue }: Side,
  { bases, arms, cues }: Pick<Spec, 'bases' | 'arms' | 'cues'>,
  place: Place,
): void {
  const known = [...bases, ...arms].map(({ id }) => id);
  if (!known.includes(arm)) {
    throw new InputError(`no arm and no base is called '${arm}'`, place, didYouMean(arm, known));
  }
  if (cue === PLAIN) return;
  // A base is asked what its arms are asked.
  const own = arms.filter(({ id, base }) => id === arm || base === arm).map(({ id }) => id);
  const asked = cues.filter((one) => one.arms.some((id) => own.includes(id))).map(({ id }) => id);
  if (!asked.includes(cue)) {
    throw new InputError(
      `'${arm}' is not asked under a cue '${cue}'`,
      place,
      didYouMean(cue, [PLAIN, ...asked]),
    );
  }
}
