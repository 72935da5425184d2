import { useState } from 'preact/hooks';
import type { ArmResult, Cell } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { DASH, percent } from '../numbers.js';
import { type Row, rowsOf } from '../words.js';
import { ArmChoice } from './arm-choice.js';
import type { Data, Open } from './data.js';
import { Scroll } from './scroll.js';

type Tally = Cell['questions'][number];

/** Question by question: is the effect one question's, or everyone's? */
export function Questions({ data, open }: { data: Data; open: Open }) {
  const { arms } = data.result;
  const [chosen, choose] = useState(arms[0]?.id ?? '');
  const arm = arms.find(({ id }) => id === chosen);
  return (
    <section id="questions" aria-labelledby="questions-title">
      <div class="section-head">
        <h2 id="questions-title">Question by question</h2>
        <ArmChoice arms={arms} chosen={chosen} choose={choose} />
      </div>
      <p class="hint">
        Misaligned of eligible answers; the base under the same cue in small print. A cell opens its answers.
      </p>
      {arm && <HeatTable arm={arm} data={data} open={open} />}
    </section>
  );
}

function HeatTable({ arm, data, open }: { arm: ArmResult; data: Data; open: Open }) {
  const rows = rowsOf(arm);
  const tallies = rows.map(({ cell, base }) => ({ tuned: byQuestion(cell), base: byQuestion(base) }));
  return (
    <Scroll label={`Questions of ${arm.id}`} tall>
      <table class="heat">
        <thead>
          <tr>
            <th scope="col">question</th>
            {rows.map((row) => (
              <ColumnHead key={row.cue} row={row} />
            ))}
          </tr>
        </thead>
        <tbody>
          {data.result.questions.map(({ id, text }) => (
            <tr key={id}>
              <th scope="row" title={printableLine(text)}>
                <span class="question">{printableLine(text)}</span>
              </th>
              {rows.map((row, i) => (
                <HeatCell
                  key={row.cue}
                  tuned={tallies[i]?.tuned.get(id)}
                  base={tallies[i]?.base.get(id)}
                  label={`${id}, ${row.cue}`}
                  onClick={() => open({ arm: arm.id, cue: row.cue, question: id })}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function ColumnHead({ row }: { row: Row }) {
  return (
    <th scope="col" class={row.result?.effect.claimed ? 'is-claimed' : ''}>
      <span class="main">{printableLine(row.cue)}</span>
      <span class="sub">{row.source === 'plain' ? 'no cue' : row.source}</span>
    </th>
  );
}

function HeatCell({
  tuned,
  base,
  label,
  onClick,
}: {
  tuned: Tally | undefined;
  base: Tally | undefined;
  label: string;
  onClick: () => void;
}) {
  if (!tuned) return <td class="none">{DASH}</td>;
  const rate = rateOf(tuned);
  const shade = rate === null ? 0 : Math.round(6 + rate * 58);
  return (
    <td>
      <button
        type="button"
        class="tile"
        style={{
          background: rate ? `color-mix(in oklab, var(--heat) ${shade}%, var(--tile))` : 'var(--tile)',
        }}
        onClick={onClick}
        aria-label={`${label}: ${tuned.misaligned} of ${tuned.eligible} eligible (${tuned.samples} sampled), show the answers`}
      >
        <span class="main">{rate === null ? DASH : `${tuned.misaligned}/${tuned.eligible}`}</span>
        <span class="sub">{base ? `base ${base.misaligned}/${base.eligible}` : percent(rate)}</span>
      </button>
    </td>
  );
}

const byQuestion = (cell: Cell | null): Map<string, Tally> =>
  new Map(cell?.questions.map((tally) => [tally.id, tally]));

const rateOf = ({ misaligned, eligible }: Tally): number | null =>
  eligible === 0 ? null : misaligned / eligible;
