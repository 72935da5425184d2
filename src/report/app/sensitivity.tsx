import type { Result, SensitivityRow } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { percent } from '../numbers.js';
import { sensitivityLines } from '../sensitivity.js';
import { verdictText } from '../words.js';
import type { Data } from './data.js';
import { Scroll } from './scroll.js';
import { VerdictMark } from './verdicts.js';

/** The verdict over other thresholds and other judges of the same answers. */
export function SensitivityTables({ data: { result } }: { data: Data }) {
  const tables = sensitivityLines(result);
  if (tables.length === 0) return null;
  return (
    <section id="sensitivity" aria-labelledby="sensitivity-title">
      <h2 id="sensitivity-title">If it were judged otherwise</h2>
      <p class="hint">
        The same answers, with outcomes by other thresholds or other judges. The first row is what was chosen,
        and alone decides.
      </p>
      {tables.map(({ kind, head }) => (
        <SensitivityTable key={kind} head={head} rows={result.sensitivity?.[kind] ?? []} result={result} />
      ))}
    </section>
  );
}

function SensitivityTable({ head, rows, result }: { head: string; rows: SensitivityRow[]; result: Result }) {
  const cues = result.arms.flatMap((arm) => arm.cues.map(({ id }) => id));
  const columns = [...new Set(cues)];
  return (
    <Scroll label={head}>
      <table class="ledger">
        <caption>{head}</caption>
        <thead>
          <tr>
            <th scope="col">judged by</th>
            <th scope="col">arm</th>
            <th scope="col">verdict</th>
            <th scope="col">plain</th>
            {columns.map((cue) => (
              <th key={cue} scope="col">
                {printableLine(cue)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.flatMap((row) =>
            row.arms.map((arm, i) => (
              <tr key={`${row.id} ${arm.id}`}>
                <th scope="row">{i === 0 ? printableLine(row.title) : ''}</th>
                <td>{printableLine(arm.id)}</td>
                <td>
                  <VerdictMark verdict={arm.verdict}>
                    {verdictText({ verdict: arm.verdict, hidden: null }, result)}
                  </VerdictMark>
                </td>
                <td>{percent(arm.plainRate)}</td>
                {columns.map((cue) => (
                  <td key={cue}>{percent(arm.cues.find(({ id }) => id === cue)?.rate ?? null)}</td>
                ))}
              </tr>
            )),
          )}
        </tbody>
      </table>
    </Scroll>
  );
}
