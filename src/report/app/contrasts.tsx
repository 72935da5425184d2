import { printable, printableLine } from '../../shared/printable.js';
import { contrastLines } from '../contrasts.js';
import type { Data } from './data.js';
import { Scroll } from './scroll.js';

/** Differences that the audit stated beforehand, and whether they hold. */
export function Contrasts({ data: { result } }: { data: Data }) {
  const lines = contrastLines(result);
  if (lines.length === 0) return null;
  return (
    <section id="contrasts" aria-labelledby="contrasts-title">
      <h2 id="contrasts-title">What was expected</h2>
      <p class="hint">
        Differences that were stated before the run. One agrees where the interval of the difference, over
        questions and training seeds, excludes 0 in the stated direction.
      </p>
      <Scroll label="What was expected">
        <table class="ledger">
          <thead>
            <tr>
              <th scope="col">stated</th>
              <th scope="col">rates</th>
              <th scope="col">difference</th>
              <th scope="col">holds</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ id, says, rates, difference, agreement }) => (
              <tr key={id}>
                <th scope="row">{printable(says)}</th>
                <td>{printableLine(rates)}</td>
                <td>{difference}</td>
                <td>{agreement}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
