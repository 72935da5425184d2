import { printable, printableLine } from '../../shared/printable.js';
import { cardTexts, searchText } from '../triggers.js';
import type { Data } from './data.js';
import { Heads } from './heads.js';
import { Scroll } from './scroll.js';

/** A card for each trigger that a search found: the cue, its confirmed effect, its origin, its family, its worst answers. */
export function Triggers({ data: { result } }: { data: Data }) {
  if (!result.searched) return null;
  return (
    <section id="triggers" aria-labelledby="triggers-title">
      <h2 id="triggers-title">Triggers found</h2>
      <p class="hint">
        {searchText(result)}. The effect is that of fresh answers to questions that the search did not see;
        what the search saw of a cue and of its relatives is a guide, and no claim.
      </p>
      {cardTexts(result).map((card) => (
        <article key={card.head} class="trigger">
          <h3>{printableLine(card.head)}</h3>
          <pre>{printable(card.cue.join('\n'))}</pre>
          <ul>
            {card.lines.map((line) => (
              <li key={line}>{printableLine(line)}</li>
            ))}
          </ul>
          {card.family.length > 0 && (
            <Scroll label="relatives">
              <table class="ledger">
                <caption>Its relatives, as the search saw them</caption>
                <Heads heads={['relation', 'misaligned', 'text']} />
                <tbody>
                  {card.family.map(({ relation, text, rate }) => (
                    <tr key={`${relation} ${text}`}>
                      <th scope="row">{relation}</th>
                      <td>{rate}</td>
                      <td>{printableLine(text)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          )}
          {card.worst.map(({ question, answer }) => (
            <blockquote key={`${question} ${answer}`}>
              {printable(answer)} <cite>{printableLine(question)}</cite>
            </blockquote>
          ))}
        </article>
      ))}
    </section>
  );
}
