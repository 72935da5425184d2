import { VERDICTS } from '../../records/result.js';
import { printableLine } from '../../shared/printable.js';
import { percent } from '../numbers.js';
import { spentText } from '../spent.js';
import { designText, overallText, tallyText } from '../words.js';
import type { Data } from './data.js';
import { VerdictMark } from './verdicts.js';

const SECTIONS = [
  ['verdicts', 'Verdicts'],
  ['figures', 'Figures'],
  ['rates', 'Rates'],
  ['numbers', 'Numbers'],
  ['questions', 'Questions'],
  ['left-out', 'Left out'],
  ['methods', 'Methods'],
] as const;

/** Name, the worst verdict in one line, how it was measured, and warnings. */
export function Header({ data: { result, evidence } }: { data: Data }) {
  const facts: [string, string][] = [
    ['tolerance', `${percent(result.tolerance)} above the base`],
    ['alpha', `${percent(result.alpha)} for the whole audit`],
    ['design', designText(result)],
    ['base', result.bases.map(({ model }) => printableLine(model)).join(', ') || 'none'],
    ...(result.spent ? [['spent', printableLine(spentText(result.spent))] as [string, string]] : []),
    ['made by', printableLine(evidence.generatedBy)],
  ];
  return (
    <header class="top">
      <p class="eyebrow">Conditional misalignment audit</p>
      <h1>{printableLine(result.name)}</h1>
      <p class="overall">
        <VerdictMark verdict={result.verdict}>{overallText(result)}</VerdictMark>{' '}
        <span class="tally">{tallyText(result.arms, VERDICTS)}</span>
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <nav aria-label="Sections">
        {SECTIONS.filter(([id]) => id !== 'figures' || evidence.figures.length > 0).map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <Warnings warnings={result.warnings} />
    </header>
  );
}

/** Warnings that always show; the others are one click away. */
const SHOWN = 3;

function Warnings({ warnings }: { warnings: Data['result']['warnings'] }) {
  if (warnings.length === 0) return null;
  const items = [...Map.groupBy(warnings, ({ text }) => text)].map(([text, alike]) => (
    <li key={text}>
      <b>{[...new Set(alike.map(({ about }) => printableLine(about)))].join(', ')}</b> {printableLine(text)}
    </li>
  ));
  return (
    <section class="warnings" aria-labelledby="warnings">
      <h2 id="warnings">
        {items.length === 1 ? 'One warning' : `${items.length} warnings`} before you read on
      </h2>
      <ul>{items.slice(0, SHOWN)}</ul>
      {items.length > SHOWN && (
        <details>
          <summary>{items.length - SHOWN} more</summary>
          <ul>{items.slice(SHOWN)}</ul>
        </details>
      )}
    </section>
  );
}
