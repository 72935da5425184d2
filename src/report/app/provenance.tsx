import { printable, printableLine } from '../../shared/printable.js';
import { count, DASH } from '../numbers.js';
import type { Data } from './data.js';
import { Heads } from './heads.js';
import { Scroll } from './scroll.js';

/** One stage of training in words, as far as who trained tells of it. */
function stageText({
  rows,
  tokens,
  steps,
  firstLoss,
  lastLoss,
  truncated,
}: Data['evidence']['models'][number]['stages'][number]): string {
  const told = [
    ...(rows === null ? [] : [`${count(rows)} rows`]),
    ...(steps === null ? [] : [`${count(steps)} steps`]),
    ...(rows === null && tokens !== null ? [`${count(tokens)} tokens`] : []),
    ...(firstLoss === null || lastLoss === null ? [] : [`${firstLoss.toFixed(2)} → ${lastLoss.toFixed(2)}`]),
    ...(truncated ? [`${count(truncated)} cut`] : []),
  ];
  return told.join(', ') || 'trained; nothing is told of it';
}

/** Models, data and templates, each with the hash by which it can be told. */
export function Provenance({ data: { evidence } }: { data: Data }) {
  const { models, datasets, canary } = evidence;
  return (
    <>
      <h2>Provenance</h2>
      {models.length > 0 && (
        <Table caption="Models" heads={['arm', 'seed', 'model', 'identity', 'stages: rows, steps, loss']}>
          {models.map(({ arm, seed, engine, base, identity, stages }) => [
            arm,
            String(seed),
            `${engine}/${base}`,
            identity.slice(0, 16),
            stages.map(stageText).join('; ') || 'as it is',
          ])}
        </Table>
      )}
      {datasets.length > 0 && (
        <Table caption="Training data" heads={['arm', 'stage', 'rows', 'parts', 'sha256']}>
          {datasets.map(({ arm, stage, rows, parts, sha256 }) => [
            arm,
            String(stage),
            count(rows),
            Object.entries(parts)
              .map(([part, n]) => `${count(n)} ${part}`)
              .join(', '),
            sha256.slice(0, 16),
          ])}
        </Table>
      )}
      {canary.length > 0 && (
        <Table
          caption="Canary, before anything was sampled"
          heads={[
            'arm',
            'seed',
            'adapter',
            'largest log-probability difference',
            'template’s own system prompt',
            'template as the base’s',
          ]}
        >
          {canary.map(({ arm, seed, alive, difference, template, sameTemplate }) => [
            arm,
            String(seed),
            alive === null ? 'not known' : alive ? 'alive' : 'DEAD: no difference to the base',
            difference === null ? 'none given' : difference.toPrecision(3),
            template === null
              ? 'not known'
              : template.insertsSystemPrompt
                ? (template.systemPrompt ?? 'inserted, text not known')
                : 'none',
            template === null ? 'not known' : sameTemplate ? 'yes' : 'NO',
          ])}
        </Table>
      )}
    </>
  );
}

function Table({ caption, heads, children }: { caption: string; heads: string[]; children: string[][] }) {
  return (
    <Scroll label={caption}>
      <table class="plain-table">
        <caption>
          <b>{caption}</b>
        </caption>
        <Heads heads={heads} />
        <tbody>
          {children.map((cells, row) => (
            <tr key={`${row} ${cells[0]}`}>
              {cells.map((cell, i) => (
                <td key={heads[i]}>
                  {heads[i] === 'identity' || heads[i] === 'sha256' ? (
                    <code>{printableLine(cell)}</code>
                  ) : (
                    printable(cell) || DASH
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
