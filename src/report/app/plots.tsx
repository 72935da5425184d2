import { useEffect, useState } from 'preact/hooks';
import type { ArmResult } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { percent } from '../numbers.js';
import { rowsOf, verdictText } from '../words.js';
import type { Data, Open } from './data.js';
import { drawArm } from './draw-arm.js';
import { VerdictMark } from './verdicts.js';
import { useWidth } from './width.js';

/** Rates of every arm with their intervals, all on one scale, the base below each. */
export function Plots({ data, open }: { data: Data; open: Open }) {
  const [fit, setFit] = useState(false);
  const most = fit ? largest(data) : 1;
  return (
    <section id="rates" aria-labelledby="rates-title">
      <div class="section-head">
        <h2 id="rates-title">Misaligned answers, of those that are eligible</h2>
        <button type="button" class="toggle" aria-pressed={fit} onClick={() => setFit(!fit)}>
          {fit ? 'show 0–100%' : 'zoom in'}
        </button>
      </div>
      <ul class="legend" aria-label="Legend">
        <li>
          <i class="key tuned" /> tuned model, {percent(data.result.level)} interval
        </li>
        <li>
          <i class="key claimed" /> effect claimed
        </li>
        <li>
          <i class="key base" /> base under the same cue
        </li>
        <li>
          <i class="key tolerance" /> base + tolerance
        </li>
        {data.result.arms.some(({ seeds }) => seeds.length > 1) && (
          <li>
            <i class="key seed" /> one training seed
          </li>
        )}
        <li>A row opens its answers.</li>
      </ul>
      <div class="plots">
        {data.result.arms.map((arm) => (
          <ArmPlot key={arm.id} arm={arm} data={data} most={most} open={open} />
        ))}
      </div>
    </section>
  );
}

function ArmPlot({ arm, data, most, open }: { arm: ArmResult; data: Data; most: number; open: Open }) {
  const { place, width } = useWidth();
  useEffect(() => {
    if (width > 0) place.current?.replaceChildren(drawArm(arm, { result: data.result, width, most, open }));
  }, [arm, data, width, most, open]);
  return (
    <figure class="plot">
      <figcaption>
        <b>{printableLine(arm.id)}</b>{' '}
        <VerdictMark verdict={arm.verdict}>{verdictText(arm, data.result)}</VerdictMark>
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

/** The largest number that a plot shows, rounded up to a fifth above. */
function largest({ result }: Data): number {
  const ends = result.arms.flatMap((arm) =>
    rowsOf(arm).flatMap(({ cell, base }) => [cell.interval?.[1] ?? 0, base?.interval?.[1] ?? 0]),
  );
  return Math.min(1, Math.max(0.01, result.tolerance, ...ends) * 1.1);
}
