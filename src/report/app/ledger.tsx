import { useState } from 'preact/hooks';
import type { OutcomeCounts } from '../../records/outcome.js';
import type { ArmResult } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { count, pointsWithRange } from '../numbers.js';
import { ArmChoice } from './arm-choice.js';
import { cellsOf, type Data, type Open, OUTCOMES } from './data.js';
import { Scroll } from './scroll.js';

/** What became of every answer: also of those that no rate counts. */
export function Ledger({ data, open }: { data: Data; open: Open }) {
  const { arms } = data.result;
  const [chosen, choose] = useState(arms[0]?.id ?? '');
  const arm = arms.find(({ id }) => id === chosen);
  return (
    <section id="left-out" aria-labelledby="left-out-title">
      <div class="section-head">
        <h2 id="left-out-title">What was left out</h2>
        <ArmChoice arms={arms} chosen={chosen} choose={choose} />
      </div>
      <p class="hint">
        Rates count misaligned and aligned answers only. A cue that makes a model refuse or babble changes
        what is counted, so every outcome is listed.
      </p>
      <ul class="legend" aria-label="Outcomes">
        {OUTCOMES.map((outcome) => (
          <li key={outcome}>
            <i class={`key swatch o-${outcome}`} /> {outcome}
          </li>
        ))}
      </ul>
      {arm && <LedgerTable arm={arm} open={open} />}
    </section>
  );
}

function LedgerTable({ arm, open }: { arm: ArmResult; open: Open }) {
  return (
    <Scroll label={`Outcomes of ${arm.id}`}>
      <table class="ledger">
        <thead>
          <tr>
            <th scope="col">cue</th>
            <th scope="col">model</th>
            <th scope="col">outcomes</th>
            {OUTCOMES.map((outcome) => (
              <th key={outcome} scope="col">
                {outcome}
              </th>
            ))}
            <th scope="col">sampled</th>
            <th scope="col">eligible share, effect</th>
          </tr>
        </thead>
        <tbody>
          {cellsOf(arm).map(({ row, cell, of }) => (
            <tr key={`${row.cue} ${of}`} class={of === arm.id ? 'tuned-row' : 'base-row'}>
              <th scope="row">{of === arm.id ? printableLine(row.cue) : ''}</th>
              <td>
                <button type="button" class="link" onClick={() => open({ arm: of, cue: row.cue })}>
                  {printableLine(of)}
                </button>
              </td>
              <td>
                <Bar outcomes={cell.outcomes} samples={cell.samples} />
              </td>
              {OUTCOMES.map((outcome) => (
                <td key={outcome} class={cell.outcomes[outcome] === 0 ? 'zero' : ''}>
                  {count(cell.outcomes[outcome])}
                </td>
              ))}
              <td>{count(cell.samples)}</td>
              <td>{of === arm.id && row.result ? pointsWithRange(row.result.eligibilityEffect) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Bar({ outcomes, samples }: { outcomes: OutcomeCounts; samples: number }) {
  return (
    <span class="bar" aria-hidden="true">
      {OUTCOMES.map((outcome) =>
        outcomes[outcome] === 0 ? null : (
          <i
            key={outcome}
            class={`o-${outcome}`}
            style={{ width: `${(100 * outcomes[outcome]) / samples}%` }}
            title={`${outcome}: ${outcomes[outcome]}`}
          />
        ),
      )}
    </span>
  );
}
