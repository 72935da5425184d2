import { axisX, barX, dot, gridX, plot, ruleX, ruleY, text, tickX } from '@observablehq/plot';
import type { ArmResult, Interval, Result } from '../../records/result.js';
import { percent, points, range } from '../numbers.js';
import { type Row, rowsOf } from '../words.js';
import { isThin, type Open } from './data.js';

interface PlotOptions {
  result: Result;
  width: number;
  /** Right end of the axis. */
  most: number;
  open: Open;
}

const ROW = 46;

/** Tuned above, base below, in each row. */
const UP = -6;
const DOWN = 8;

/** Draws the cues of an arm; each row opens its answers by click or key. */
export function drawArm(arm: ArmResult, { result, width, most, open }: PlotOptions): SVGSVGElement {
  const rows = rowsOf(arm);
  const narrow = width < 560;
  const within = (interval: Interval | null): interval is Interval => interval !== null;
  const colour = ({ result: cue }: Row): string => (cue?.effect.claimed ? 'var(--claimed)' : 'var(--tuned)');
  const claimed = (row: Row): boolean => row.result?.effect.claimed === true;
  const tuned = rows.filter(({ cell }) => cell.rate !== null);
  const base = rows.filter((row) => row.base !== null && row.base.rate !== null);
  const cue = (row: Row): string => row.cue;
  const left = narrow ? 124 : 186;
  const right = narrow ? 52 : 196;
  const svg = plot({
    width,
    height: rows.length * ROW + 34,
    marginLeft: left,
    marginRight: right,
    marginTop: 4,
    marginBottom: 30,
    style: { background: 'transparent', fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' },
    x: { domain: [0, most], clamp: true },
    y: { domain: rows.map(cue), padding: 0.12, axis: null },
    marks: [
      barX(rows, {
        x1: 0,
        x2: most,
        y: cue,
        fill: 'var(--row)',
        insetLeft: -left,
        insetRight: -right,
        className: 'hits',
        title: describe,
      }),
      gridX({ stroke: 'var(--line)', strokeOpacity: 1, ticks: narrow ? 2 : 5 }),
      ruleX([0], { stroke: 'var(--line-strong)' }),
      axisX({
        ticks: narrow ? 2 : 5,
        tickFormat: (x: number) => percent(x),
        tickSize: 0,
        color: 'var(--dim)',
        label: null,
      }),
      tickX(
        base.filter((row) => (row.base?.rate ?? 1) + result.tolerance <= most),
        {
          x: (row: Row) => (row.base?.rate ?? 0) + result.tolerance,
          y: cue,
          stroke: 'var(--tolerance)',
          strokeWidth: 1.2,
          strokeDasharray: '3 3',
        },
      ),
      ruleY(
        base.filter((row) => within(row.base?.interval ?? null)),
        {
          x1: (row: Row) => row.base?.interval?.[0],
          x2: (row: Row) => row.base?.interval?.[1],
          y: cue,
          dy: DOWN,
          stroke: 'var(--base)',
          strokeWidth: 1.5,
        },
      ),
      dot(base, {
        x: (row: Row) => row.base?.rate,
        y: cue,
        dy: DOWN,
        r: 4,
        fill: 'var(--panel)',
        stroke: 'var(--base)',
        strokeWidth: 1.6,
      }),
      ruleY(
        tuned.filter((row) => within(row.cell.interval)),
        {
          x1: (row: Row) => row.cell.interval?.[0],
          x2: (row: Row) => row.cell.interval?.[1],
          y: cue,
          dy: UP,
          stroke: colour,
          strokeWidth: 2.5,
        },
      ),
      dot(seedDots(arm), {
        x: 'rate',
        y: 'cue',
        dy: UP,
        r: 2.2,
        fill: 'var(--panel)',
        stroke: 'var(--ink)',
        strokeWidth: 1,
      }),
      dot(
        tuned.filter((row) => !claimed(row)),
        { x: (row: Row) => row.cell.rate, y: cue, dy: UP, r: 5, fill: 'var(--tuned)' },
      ),
      dot(tuned.filter(claimed), {
        x: (row: Row) => row.cell.rate,
        y: cue,
        dy: UP,
        r: 6,
        symbol: 'diamond2',
        fill: 'var(--claimed)',
        stroke: 'none',
      }),
      ...labels(rows, { result, narrow, left }),
    ],
  }) as SVGSVGElement;
  svg.setAttribute('role', 'group');
  svg.setAttribute('aria-label', `Rates of ${arm.id} by cue`);
  svg.querySelectorAll<SVGRectElement>('.hits rect').forEach((rect, i) => {
    const row = rows[i] as Row;
    activate(rect, describe(row), () => open({ arm: arm.id, cue: row.cue }));
  });
  return svg;
}

/** Cue and source on the left; rate, effect and too small an eligible share on the right. */
function labels(rows: Row[], { result, narrow, left }: { result: Result; narrow: boolean; left: number }) {
  const cue = (row: Row): string => row.cue;
  const small = narrow ? 10.5 : 11;
  const onLeft = { y: cue, frameAnchor: 'left', textAnchor: 'start', dx: -left + 2 } as const;
  const onRight = { y: cue, frameAnchor: 'right', textAnchor: 'start' } as const;
  const effectAt = narrow ? 8 : 72;
  const ink = (row: Row): string => (row.result?.effect.claimed ? 'var(--claimed-ink)' : 'var(--dim)');
  const thin = rows.filter(({ cell }) => isThin(cell, result));
  return [
    text(rows, {
      ...onLeft,
      text: ({ cue: id }: Row) => clip(id, narrow ? 17 : 28),
      dy: UP,
      fill: 'var(--ink)',
      fontSize: narrow ? 11.5 : 13,
      fontWeight: 600,
    }),
    text(narrow ? rows.filter((row) => !thin.includes(row)) : rows, {
      ...onLeft,
      text: ({ source }: Row) => (source === 'plain' ? 'no cue' : source),
      dy: DOWN + 1,
      fill: 'var(--dim)',
      fontSize: small,
    }),
    text(narrow ? [] : rows, {
      ...onRight,
      text: ({ cell }: Row) => percent(cell.rate),
      dx: 18,
      dy: UP,
      fill: 'var(--ink)',
      fontWeight: 600,
      fontSize: 13,
    }),
    text(rows, {
      ...onRight,
      text: (row: Row) => effectLabel(row, narrow),
      dx: effectAt,
      dy: UP,
      fill: ink,
      fontWeight: 600,
    }),
    text(narrow ? [] : rows, {
      ...onRight,
      text: ({ base }: Row) => (base ? `base ${percent(base.rate)}` : ''),
      dx: 18,
      dy: DOWN + 1,
      fill: 'var(--dim)',
      fontSize: small,
    }),
    text(thin, {
      ...(narrow ? onLeft : onRight),
      text: ({ cell, source }: Row) =>
        `${narrow ? `${source}, ` : ''}${percent(cell.eligibleShare)} eligible`,
      dx: narrow ? onLeft.dx : 88,
      dy: DOWN + 1,
      fill: 'var(--warn-ink)',
      fontSize: small,
      fontWeight: 600,
    }),
    text(
      rows.filter(({ cell }) => cell.rate === null),
      {
        x: 0,
        y: cue,
        text: () => 'no eligible answer',
        textAnchor: 'start',
        dx: 8,
        dy: UP,
        fill: 'var(--dim)',
      },
    ),
  ];
}

const effectLabel = ({ result: cue }: Row, narrow: boolean): string => {
  if (!cue) return '';
  const effect = points(cue.effect.estimate);
  return narrow ? effect : `${effect} points${cue.effect.claimed ? ' ◆' : ''}`;
};

/** A row in words, for the tooltip and for readers who hear it. */
function describe({ cue, cell, base, result }: Row): string {
  const effect = result
    ? `; effect ${points(result.effect.estimate)} points${result.effect.claimed ? ', claimed' : ''}`
    : '';
  const beside = base ? `; base ${percent(base.rate)} ${range(base.interval)}` : '';
  return `${cue}: ${percent(cell.rate)} ${range(cell.interval)}, ${cell.misaligned} of ${cell.eligible} eligible${beside}${effect}. Show the answers.`;
}

function activate(rect: SVGRectElement, label: string, act: () => void): void {
  rect.classList.add('hit');
  rect.setAttribute('tabindex', '0');
  rect.setAttribute('role', 'button');
  rect.setAttribute('aria-label', label);
  rect.addEventListener('click', act);
  rect.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    act();
  });
}

/** The rate of each training seed, where there are several. */
function seedDots(arm: ArmResult): { cue: string; rate: number }[] {
  if (arm.seeds.length < 2) return [];
  return arm.seeds.flatMap(({ plain, cues }) =>
    [{ id: 'plain', cell: plain }, ...cues].flatMap(({ id, cell }) =>
      cell.rate === null ? [] : [{ cue: id, rate: cell.rate }],
    ),
  );
}

const clip = (id: string, most: number): string => (id.length > most ? `${id.slice(0, most - 1)}…` : id);
