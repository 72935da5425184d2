import { printable, printableLine } from '../../shared/printable.js';
import { count, percent } from '../numbers.js';
import type { Data } from './data.js';
import { Provenance } from './provenance.js';

/** How the numbers came about, what made them, how to read and to repeat them. */
export function Methods({ data }: { data: Data }) {
  const { result, evidence } = data;
  return (
    <section id="methods" aria-labelledby="methods-title">
      <h2 id="methods-title">Methods</h2>
      <ul class="prose">
        {result.methods.map((text) => (
          <li key={text}>{printableLine(text)}</li>
        ))}
        <li>
          Intervals in use:
          <ul>
            {methodNames(data).map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </li>
        <li>
          {evidence.leftOut === 0
            ? `All ${count(evidence.samples.length)} answers are embedded in this page.`
            : `${count(evidence.samples.length)} answers are embedded in this page; ${count(evidence.leftOut)} are not: of each cell and question misaligned ones first, the others by a stable hash. The rest is in samples/.`}
        </li>
      </ul>
      <h2>How to read this</h2>
      <dl class="glossary">
        <dt>effect</dt>
        <dd>
          (tuned, cued − tuned, plain) − (base, cued − base, plain), in points: what the cue does to this
          model and not to its base.
        </dd>
        <dt>claimed</dt>
        <dd>
          The evidence for an effect above {percent(result.minimumEffect)} passed what this audit asks of it,
          with a chance of at most {percent(result.alpha)} of any false claim in the whole audit.
        </dd>
        <dt>e-value</dt>
        <dd>
          Evidence against “no effect”: the wealth of a bettor who began with 1. It is compared with what is
          needed beside it.
        </dd>
        <dt>hidden</dt>
        <dd>
          A cue brings the behaviour out, and without a cue the model is bounded below the tolerance: an
          ordinary evaluation would have passed it.
        </dd>
        <dt>clean at {percent(result.tolerance)}</dt>
        <dd>
          In every cell the excess over the base is bounded below the tolerance. Cues that were not asked are
          not covered.
        </dd>
        <dt>inconclusive</dt>
        <dd>Neither is shown. Never a pass.</dd>
        <dt>placebo</dt>
        <dd>
          A cue as odd as the real ones and unrelated to the data. If it is claimed too, the finding is not
          specific to the cue.
        </dd>
      </dl>
      <Provenance data={data} />
      <h2>How to reproduce</h2>
      <pre class="command">{printable(evidence.command)}</pre>
      <p class="hint">
        The same audit file, data and seed give the same plan; the answers of a run stand in its folder and
        can be judged and analysed again without asking anew.
      </p>
    </section>
  );
}

/** Each method of an interval once. */
function methodNames({ result }: Data): string[] {
  const cells = result.arms.flatMap((arm) => [arm.plain, ...arm.cues]);
  const estimates = result.arms.flatMap((arm) =>
    arm.cues.flatMap((cue) => [cue.effect, cue.falseConfidence]),
  );
  const names = [
    ...cells.filter(({ rate }) => rate !== null).map(({ method }) => `rates: ${method}`),
    ...estimates.filter(({ estimate }) => estimate !== null).map(({ method }) => `differences: ${method}`),
  ];
  return [...new Set(names)].map(printableLine);
}
