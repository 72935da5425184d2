import type { ArmResult } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';

/** Chooses the arm that a section shows. */
export function ArmChoice({
  arms,
  chosen,
  choose,
}: {
  arms: readonly ArmResult[];
  chosen: string;
  choose: (id: string) => void;
}) {
  if (arms.length < 2) return null;
  if (arms.length > 6) {
    return (
      <select value={chosen} aria-label="Arm" onChange={(event) => choose(event.currentTarget.value)}>
        {arms.map(({ id }) => (
          <option key={id} value={id}>
            {printableLine(id)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <fieldset class="choice" aria-label="Arm">
      {arms.map(({ id }) => (
        <button key={id} type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>
          {printableLine(id)}
        </button>
      ))}
    </fieldset>
  );
}
