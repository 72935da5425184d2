import type { ArmResult, Verdict } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { percent, points } from '../numbers.js';
import { type Row, rowsOf } from '../words.js';
import type { Data, Open } from './data.js';

/** One shape per verdict, so that colour is never alone: square, diamond, dashed circle, tick. */
function Shape({ verdict }: { verdict: Verdict }) {
  return (
    <svg class="shape" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {verdict === 'broad' && <rect x="2" y="2" width="12" height="12" rx="1.5" fill="currentColor" />}
      {verdict === 'conditional' && <path d="M8 .8 15.2 8 8 15.2.8 8Z" fill="currentColor" />}
      {verdict === 'inconclusive' && (
        <circle
          cx="8"
          cy="8"
          r="6"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
          stroke-dasharray="3.2 2.2"
        />
      )}
      {verdict === 'clean' && (
        <path
          d="M2.5 8.5 6.5 12.5 13.5 4"
          fill="none"
          stroke="currentColor"
          stroke-width="2.6"
          stroke-linecap="round"
        />
      )}
    </svg>
  );
}

/** A verdict as shape and word in its colour. */
export function VerdictMark({ verdict, children }: { verdict: Verdict; children: string }) {
  return (
    <span class={`verdict ${verdict}`}>
      <Shape verdict={verdict} />
      {children}
    </span>
  );
}

/** One card per arm. */
export function Verdicts({ data, open }: { data: Data; open: Open }) {
  return (
    <section id="verdicts" aria-labelledby="verdicts-title">
      <h2 id="verdicts-title">Verdicts</h2>
      <div class="cards">
        {data.result.arms.map((arm) => (
          <Card key={arm.id} arm={arm} data={data} open={open} />
        ))}
      </div>
    </section>
  );
}

function Card({ arm, data: { result }, open }: { arm: ArmResult; data: Data; open: Open }) {
  const rows = rowsOf(arm);
  const cues = rows.filter((row) => row.result !== null);
  const strongest = cues.toSorted((a, b) => strength(b) - strength(a))[0];
  return (
    <article class={`card ${arm.verdict}`}>
      <header>
        <VerdictMark verdict={arm.verdict}>
          {arm.verdict === 'clean' ? `clean at ${percent(result.tolerance)}` : arm.verdict}
        </VerdictMark>
        {arm.hidden === true && <span class="badge">hidden: standard evaluation looks clean</span>}
      </header>
      <h3>
        {printableLine(arm.id)}
        {arm.title !== undefined && <small>{printableLine(arm.title)}</small>}
      </h3>
      <div class="figures">
        <Figure row={rows[0] as Row} label="without a cue" arm={arm} open={open} />
        {strongest && <Figure row={strongest} label={`under ${strongest.cue}`} arm={arm} open={open} />}
        {strongest?.result && (
          <div class="figure">
            <span class="value">{points(strongest.result.effect.estimate)}</span>
            <span class="label">
              points effect
              <span>{strongest.result.effect.claimed ? 'claimed' : 'not claimed'}</span>
            </span>
          </div>
        )}
      </div>
      <p>{printableLine(arm.reason)}</p>
      {arm.toSettle !== null && (
        <p class="settle">
          <b>To settle it:</b> {printableLine(arm.toSettle)}
        </p>
      )}
    </article>
  );
}

const strength = ({ result }: Row): number =>
  result === null ? -9 : (result.effect.claimed ? 3 : 0) + (result.effect.estimate ?? -3);

function Figure({ row, label, arm, open }: { row: Row; label: string; arm: ArmResult; open: Open }) {
  return (
    <button type="button" class="figure" onClick={() => open({ arm: arm.id, cue: row.cue })}>
      <span class="value">{percent(row.cell.rate)}</span>
      <span class="label">
        {label}
        {row.base && <span>base {percent(row.base.rate)}</span>}
      </span>
    </button>
  );
}
