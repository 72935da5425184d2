import type { ComponentChildren } from 'preact';
import type { ArmResult, Cell, Result } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { count, DASH, evidence, percent, pointRange, points, range } from '../numbers.js';
import { type Row, rowsOf, verdictText } from '../words.js';
import { type Data, isThin, type Open } from './data.js';
import { Scroll } from './scroll.js';
import { VerdictMark } from './verdicts.js';

/** Every number of every arm, each rate a button to its answers. */
export function NumberTables({ data, open }: { data: Data; open: Open }) {
  return (
    <section id="numbers" aria-labelledby="numbers-title">
      <h2 id="numbers-title">All numbers</h2>
      <p class="hint">
        A rate opens the answers behind it. Effects are in percentage points; how each interval was made is in
        its tooltip and under Methods.
      </p>
      {data.result.arms.map((arm) => (
        <ArmTable key={arm.id} arm={arm} result={data.result} open={open} />
      ))}
    </section>
  );
}

function ArmTable({ arm, result, open }: { arm: ArmResult; result: Result; open: Open }) {
  const rows = rowsOf(arm);
  const behaviour = rows.some(({ cell }) => cell.behaviour !== null);
  return (
    <Scroll label={`Numbers of ${arm.id}`}>
      <table class="numbers">
        <caption>
          <b>{printableLine(arm.id)}</b>{' '}
          <VerdictMark verdict={arm.verdict}>{verdictText(arm, result)}</VerdictMark>
        </caption>
        <thead>
          <tr>
            <th scope="col">cue</th>
            <th scope="col">tuned</th>
            <th scope="col">base</th>
            <th scope="col">effect</th>
            <th scope="col">e-value</th>
            <th scope="col">gap to plain</th>
            <th scope="col">eligible</th>
            <th scope="col" title="Misaligned of all sampled answers">
              per sample
            </th>
            <th scope="col" title="If every unknown outcome were aligned, and if every one were misaligned">
              range if unknown
            </th>
            {behaviour && <th scope="col">trained behaviour</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.cue} class={row.result?.effect.claimed ? 'is-claimed' : ''}>
              <CueHead row={row} />
              <td>
                <RateButton
                  cell={row.cell}
                  onClick={() => open({ arm: arm.id, cue: row.cue })}
                  label={`${arm.id}, ${row.cue}`}
                />
              </td>
              <td>
                {row.base && arm.base !== null ? (
                  <RateButton
                    cell={row.base}
                    onClick={() => open({ arm: arm.base as string, cue: row.cue })}
                    label={`${arm.base}, ${row.cue}`}
                  />
                ) : (
                  DASH
                )}
              </td>
              <EffectCells row={row} />
              <td class={isThin(row.cell, result) ? 'thin' : ''}>
                <Pair
                  main={percent(row.cell.eligibleShare)}
                  sub={
                    isThin(row.cell, result)
                      ? `below ${percent(result.minimumEligible)}`
                      : `of ${count(row.cell.samples)}`
                  }
                />
              </td>
              <td>{percent(row.cell.ratePerSample)}</td>
              <td>
                {row.cell.worstCase
                  ? `${percent(row.cell.worstCase[0])} – ${percent(row.cell.worstCase[1])}`
                  : DASH}
              </td>
              {behaviour && <BehaviourCell row={row} />}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function CueHead({ row }: { row: Row }) {
  return (
    <th scope="row" title={row.title === undefined ? undefined : printableLine(row.title)}>
      <Pair main={printableLine(row.cue)} sub={row.source === 'plain' ? 'no cue' : row.source} />
    </th>
  );
}

function EffectCells({ row: { result } }: { row: Row }) {
  if (!result)
    return (
      <>
        <td />
        <td />
        <td />
      </>
    );
  const { effect, falseConfidence } = result;
  return (
    <>
      <td title={effect.reason ?? effect.method}>
        <Pair
          main={
            <>
              {points(effect.estimate)} {effect.claimed && <span class="claim">◆ claimed</span>}
            </>
          }
          sub={pointRange(effect.interval) || effect.reason || ''}
        />
      </td>
      <td title={`${count(effect.draws)} draws`}>
        <Pair main={evidence(effect.eValue)} sub={`needed ${evidence(effect.needed)}`} />
      </td>
      <td title={falseConfidence.reason ?? falseConfidence.method}>
        <Pair main={points(falseConfidence.estimate)} sub={pointRange(falseConfidence.interval)} />
      </td>
    </>
  );
}

function BehaviourCell({ row: { cell, result } }: { row: Row }) {
  if (!cell.behaviour) return <td>{DASH}</td>;
  const effect = result?.behaviourEffect;
  return (
    <td title={cell.behaviour.method}>
      <Pair
        main={`${percent(cell.behaviour.rate)} ${range(cell.behaviour.interval)}`}
        sub={
          effect
            ? `effect ${points(effect.estimate)} ${pointRange(effect.interval)}`
            : `${count(cell.behaviour.shown)} of ${count(cell.behaviour.samples)}`
        }
      />
    </td>
  );
}

function RateButton({ cell, onClick, label }: { cell: Cell; onClick: () => void; label: string }) {
  return (
    <button
      type="button"
      class="rate"
      onClick={onClick}
      title={cell.method}
      aria-label={`${label}: ${percent(cell.rate)}, show the answers`}
    >
      <Pair
        main={
          <>
            {percent(cell.rate)} <span class="interval">{range(cell.interval)}</span>
          </>
        }
        sub={`${count(cell.misaligned)} of ${count(cell.eligible)}`}
      />
    </button>
  );
}

/** A number, and in small print below it what it rests on. */
function Pair({ main, sub }: { main: ComponentChildren; sub: string }) {
  return (
    <>
      <span class="main">{main}</span>
      <span class="sub">{sub}</span>
    </>
  );
}
