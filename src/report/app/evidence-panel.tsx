import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Outcome } from '../../records/outcome.js';
import { printableLine } from '../../shared/printable.js';
import type { EvidenceSample } from '../evidence.js';
import { count, percent, range } from '../numbers.js';
import { AnswerView, Prompt } from './answer.js';
import { cellOf, type Data, type Open, OUTCOMES, type Selection } from './data.js';

const PAGE = 30;

/** The answers behind a number: misaligned first, by outcome on demand, each as the model gave it. */
export function EvidencePanel({
  data,
  selection,
  open,
  close,
}: {
  data: Data;
  selection: Selection;
  open: Open;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { arm, cue, question } = selection;
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [shown, setShown] = useState(PAGE);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    setShown(PAGE);
    setOutcome(null);
  }, [arm, cue, question]);
  const answers = useMemo(() => sorted(data.answersOf(arm, cue), question), [data, arm, cue, question]);
  const visible = answers.filter((answer) => outcome === null || answer.outcome === outcome);
  const seeds = new Set(answers.map(({ seed }) => seed)).size;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      class="panel"
      aria-labelledby="panel-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="panel-body">
        <header>
          <div>
            <p class="eyebrow">The answers behind the number</p>
            <h2 id="panel-title">
              {printableLine(arm)}{' '}
              <span class="dim">{cue === 'plain' ? 'without a cue' : `under ${printableLine(cue)}`}</span>
            </h2>
          </div>
          <button type="button" class="close" aria-label="Close" onClick={() => dialog.current?.close()}>
            ×
          </button>
        </header>
        <Summary data={data} selection={selection} embedded={answers.length} />
        <Siblings data={data} selection={selection} open={open} />
        {question !== undefined && <Prompt data={data} cue={cue} question={question} isOpen />}
        <OutcomeFilter answers={answers} chosen={outcome} choose={setOutcome} />
        {visible.slice(0, shown).map((answer) => (
          <AnswerView
            key={`${answer.seed} ${answer.question} ${answer.index}`}
            answer={answer}
            data={data}
            withQuestion={question === undefined}
            withSeed={seeds > 1}
          />
        ))}
        {visible.length > shown && (
          <button type="button" class="more" onClick={() => setShown(shown + PAGE)}>
            show {Math.min(PAGE, visible.length - shown)} more of {count(visible.length - shown)}
          </button>
        )}
        {visible.length === 0 && (
          <p class="hint">No answers are embedded here; all of the run stand in samples/.</p>
        )}
      </div>
    </dialog>
  );
}

function Summary({ data, selection, embedded }: { data: Data; selection: Selection; embedded: number }) {
  const cell = cellOf(data, selection);
  const tally = cell?.questions.find(({ id }) => id === selection.question);
  const { misaligned, eligible, samples } = tally ?? cell ?? { misaligned: 0, eligible: 0, samples: 0 };
  const rate = tally ? (eligible > 0 ? misaligned / eligible : null) : (cell?.rate ?? null);
  return (
    <p class="summary">
      <b>{percent(rate)}</b> {tally ? '' : range(cell?.interval ?? null)} misaligned: {count(misaligned)} of{' '}
      {count(eligible)} eligible, {count(samples)} sampled.{' '}
      {embedded < samples &&
        `${count(embedded)} of them are embedded here, misaligned ones first; the rest is in samples/.`}
    </p>
  );
}

/** The same cell of the base, or of the tuned arms beside it: one click to compare. */
function Siblings({ data, selection, open }: { data: Data; selection: Selection; open: Open }) {
  const [from, setFrom] = useState(selection.arm);
  const { arms } = data.result;
  const own = arms.find(({ id }) => id === selection.arm);
  useEffect(() => {
    if (own) setFrom(own.id);
  }, [own]);
  const origin = own ?? arms.find(({ id }) => id === from);
  const base = origin?.base ?? null;
  if (!origin || base === null) return null;
  return (
    <fieldset class="choice" aria-label="Model">
      {[origin.id, base].map((id) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === selection.arm}
          onClick={() => open({ ...selection, arm: id })}
        >
          {printableLine(id)}
        </button>
      ))}
    </fieldset>
  );
}

function OutcomeFilter({
  answers,
  chosen,
  choose,
}: {
  answers: EvidenceSample[];
  chosen: Outcome | null;
  choose: (outcome: Outcome | null) => void;
}) {
  const counts = Map.groupBy(answers, ({ outcome }) => outcome);
  const present = OUTCOMES.filter((outcome) => counts.has(outcome));
  if (present.length < 2) return null;
  return (
    <fieldset class="chips" aria-label="Outcome">
      <button type="button" aria-pressed={chosen === null} onClick={() => choose(null)}>
        all {count(answers.length)}
      </button>
      {present.map((outcome) => (
        <button key={outcome} type="button" aria-pressed={chosen === outcome} onClick={() => choose(outcome)}>
          <i class={`key swatch o-${outcome}`} /> {outcome} {count(counts.get(outcome)?.length ?? 0)}
        </button>
      ))}
    </fieldset>
  );
}

function sorted(answers: readonly EvidenceSample[], question: string | undefined): EvidenceSample[] {
  return answers
    .filter((answer) => question === undefined || answer.question === question)
    .toSorted((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome));
}
