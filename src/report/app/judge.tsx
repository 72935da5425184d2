import type { Cell } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { calibrationRows, shareText } from '../calibration.js';
import { percent } from '../numbers.js';
import { rowsOf } from '../words.js';
import type { Data } from './data.js';
import { Heads } from './heads.js';
import { Scroll } from './scroll.js';

/** The judges against labels of people, and rates freed of their errors; nothing where nobody labelled. */
export function Judge({ data }: { data: Data }) {
  const { calibration, arms } = data.result;
  if (!calibration) return null;
  return (
    <section id="judge" aria-labelledby="judge-title">
      <h2 id="judge-title">The judge against people</h2>
      <p class="hint">
        {calibration.labelled} answers were labelled. Upper bounds of an excess are divided by the index: the
        lower bound of sensitivity + specificity − 1.{' '}
        {calibration.toImprove && printableLine(calibration.toImprove)}
      </p>
      <Scroll label="The judge against people">
        <table class="numbers">
          <Heads heads={['', 'share', 'right of labelled', 'index']} />
          <tbody>
            {calibrationRows(calibration).map(([what, ...cells]) => (
              <tr key={what}>
                <th scope="row">{printableLine(what)}</th>
                {cells.map((cell, i) => (
                  <td key={i}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {arms.map((arm) => (
        <Scroll key={arm.id} label={`Rates of ${arm.id}, as judged and corrected`}>
          <table class="numbers">
            <caption>
              <b>{printableLine(arm.id)}</b> misaligned per sampled answer
            </caption>
            <Heads
              heads={['cue', 'tuned, as judged', 'tuned, corrected', 'base, as judged', 'base, corrected']}
            />
            <tbody>
              {rowsOf(arm).map(({ cue, cell, base }) => (
                <tr key={cue}>
                  <th scope="row">{printableLine(cue)}</th>
                  <Rates cell={cell} />
                  <Rates cell={base} />
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ))}
    </section>
  );
}

/** A rate as judged, and freed of the judge's errors. */
function Rates({ cell }: { cell: Cell | null }) {
  const corrected = cell?.corrected;
  return (
    <>
      <td>{percent(cell?.ratePerSample ?? null)}</td>
      <td title={corrected?.reason ?? corrected?.method}>
        {corrected ? shareText(corrected) : percent(null)}
      </td>
    </>
  );
}
