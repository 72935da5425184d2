import { useState } from 'preact/hooks';
import { printable, printableLine } from '../../shared/printable.js';
import type { EvidenceSample } from '../evidence.js';
import { count } from '../numbers.js';
import type { Data } from './data.js';

/** One answer as text: nothing in it is markup, and what could not be seen is made visible. */
export function AnswerView({
  answer,
  data,
  withQuestion,
  withSeed,
}: {
  answer: EvidenceSample;
  data: Data;
  withQuestion: boolean;
  withSeed: boolean;
}) {
  const { outcome, by, seed, index, finish, behaviour, cut = 0 } = answer;
  return (
    <article class={`answer b-${outcome}`}>
      <header>
        <span class="outcome">
          <i class={`key swatch o-${outcome}`} /> {outcome}
        </span>
        <span>decided by {printableLine(by)}</span>
        {behaviour === true && <span>shows the trained behaviour</span>}
        {finish === 'length' && <span>cut at the token limit</span>}
        <span class="where">
          {withSeed && `seed ${seed}, `}answer {index}
        </span>
      </header>
      {withQuestion && <Prompt data={data} cue={answer.cue} question={answer.question} isOpen={false} />}
      {finish === 'failed' ? (
        <p class="hint">No answer came back.</p>
      ) : (
        <pre dir="auto">{printable(answer.answer)}</pre>
      )}
      {cut > 0 && <p class="hint">… and {count(cut)} more characters, in samples/.</p>}
    </article>
  );
}

/** The question, and what was sent for it: system prompt and turns as the cue made them. */
export function Prompt({
  data,
  cue,
  question,
  isOpen,
}: {
  data: Data;
  cue: string;
  question: string;
  isOpen: boolean;
}) {
  const [open, setOpen] = useState(isOpen);
  const prompt = open
    ? data.evidence.prompts.find((p) => p.cue === cue && p.question === question)
    : undefined;
  return (
    <details class="prompt" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>{printableLine(question)}</b> {printableLine(data.questionText(question))}
      </summary>
      {open && !prompt && <p class="hint">What was sent is not embedded.</p>}
      {prompt?.messages.map(({ role, content }, i) => (
        <div key={`${i} ${role}`} class="message">
          <span class="role">{role}</span>
          <pre dir="auto">{printable(content)}</pre>
        </div>
      ))}
      {prompt && !prompt.messages.some(({ role }) => role === 'system') && (
        <p class="hint">No system message is sent; the template may insert its own (Provenance).</p>
      )}
    </details>
  );
}
