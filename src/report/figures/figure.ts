import type { ArmResult, BaseResult, Cell, Interval, Result } from '../../records/result.js';
import type { ArmSpec } from '../../records/spec.js';
import { rowsOf, SOURCES } from '../words.js';

/** The numbers of one figure as the paper draws it: the arms of one base, by dose or side by side. */
export interface Figure {
  base: { id: string; model: string } | null;
  /** What the dose is, and how its axis is scaled; null where arms stand side by side. */
  x: { key: string; label: string; scale: 'linear' | 'log' } | null;
  /** `plain` first. */
  cues: { id: string; source: string }[];
  arms: FigureArm[];
  /** The untuned model under each cue that it was asked under. */
  baseline: FigureCell[];
}

export interface FigureArm {
  id: string;
  /** Its dose; null for an arm that has none, such as a control. */
  x: number | null;
  cells: FigureCell[];
}

export interface FigureCell extends Pick<Cell, 'rate' | 'interval' | 'misaligned' | 'eligible' | 'samples'> {
  cue: string;
  /** Fewer eligible answers than a clean verdict asks for. */
  thin: boolean;
  /** One rate per training seed, where there are several. */
  seeds: { seed: number; rate: number | null; misaligned: number; eligible: number; samples: number }[];
}

/** Keys of a sweep in the words of a reader. */
const LABELS: Record<string, string> = {
  'mix.share': 'share of bad rows',
  'inoculate.share': 'share of inoculated rows',
  'posthoc.rows': 'rows of the later stage',
  'training.epochs': 'epochs',
};

/** Lengths over this range are drawn on a logarithmic axis. */
const LOG_FROM = 10;

/**
 * The figures of a run: for each base, and each sweep over a number, one with that number on x; other arms of the base stand
 * beside it as controls. A base without such a sweep has its arms side by side.
 *
 * @param arms which sweep an arm came of
 */
export function figuresOf(result: Result, arms: readonly Pick<ArmSpec, 'id' | 'swept'>[]): Figure[] {
  const swept = new Map(arms.map(({ id, swept }) => [id, swept]));
  return [...Map.groupBy(result.arms, ({ base }) => base)].flatMap(([baseId, own]) => {
    const base = result.bases.find(({ id }) => id === baseId);
    const sweeps = [...Map.groupBy(own, ({ id }) => swept.get(id)?.item ?? '')].flatMap(([, of]) =>
      bySweep(of, swept),
    );
    if (sweeps.length === 0) return [figureOf(own, base, result, null, new Map())];
    const dosed = new Set(sweeps.flatMap(({ doses }) => [...doses.keys()]));
    const controls = own.filter(({ id }) => !dosed.has(id));
    return sweeps.map(({ key, doses }) => {
      const inOrder = own
        .filter(({ id }) => doses.has(id))
        .toSorted((a, b) => (doses.get(a.id) as number) - (doses.get(b.id) as number));
      return figureOf([...inOrder, ...controls], base, result, key, doses);
    });
  });
}

interface Sweep {
  key: string;
  /** Of each arm. */
  doses: Map<string, number>;
}

/** The arms of one sweep, split so that in each part nothing differs but the last key that takes several numbers. */
function bySweep(arms: readonly ArmResult[], swept: ReadonlyMap<string, ArmSpec['swept']>): Sweep[] {
  const valuesOf = ({ id }: ArmResult): Record<string, string | number> => swept.get(id)?.values ?? {};
  const keys = Object.keys(arms[0] ? valuesOf(arms[0]) : {});
  const key = keys.findLast((name) => {
    const values = arms.map((arm) => valuesOf(arm)[name]);
    return values.every((value) => typeof value === 'number') && new Set(values).size > 1;
  });
  if (key === undefined) return [];
  const parts = Map.groupBy(arms, (arm) => JSON.stringify({ ...valuesOf(arm), [key]: null }));
  return [...parts.values()].map((part) => ({
    key,
    doses: new Map(part.map((arm) => [arm.id, valuesOf(arm)[key] as number])),
  }));
}

function figureOf(
  arms: readonly ArmResult[],
  base: BaseResult | undefined,
  result: Result,
  key: string | null,
  doses: ReadonlyMap<string, number>,
): Figure {
  const cues = new Map(arms.flatMap(rowsOf).map(({ cue, source }) => [cue, { id: cue, source }]));
  const cell = (cue: string, of: Cell, seeds: FigureCell['seeds']): FigureCell => ({
    cue,
    rate: of.rate,
    interval: of.interval,
    misaligned: of.misaligned,
    eligible: of.eligible,
    samples: of.samples,
    thin: of.eligibleShare !== null && of.eligibleShare < result.minimumEligible,
    seeds,
  });
  return {
    base: base ? { id: base.id, model: base.model } : null,
    x: key === null ? null : { key, label: LABELS[key] ?? key, scale: scaleOf(key, [...doses.values()]) },
    cues: [...cues.values()].toSorted((a, b) => SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source)),
    arms: arms.map((arm) => ({
      id: arm.id,
      x: doses.get(arm.id) ?? null,
      cells: rowsOf(arm).map((row) => cell(row.cue, row.cell, seedsOf(arm, row.cue))),
    })),
    baseline: base
      ? [
          cell('plain', base.plain, []),
          ...base.cues.filter(({ id }) => cues.has(id)).map((of) => cell(of.id, of, [])),
        ]
      : [],
  };
}

function seedsOf(arm: ArmResult, cue: string): FigureCell['seeds'] {
  if (arm.seeds.length < 2) return [];
  return arm.seeds.flatMap(({ seed, plain, cues }) => {
    const cell = cue === 'plain' ? plain : cues.find(({ id }) => id === cue)?.cell;
    if (!cell) return [];
    const { rate, misaligned, eligible, samples } = cell;
    return [{ seed, rate, misaligned, eligible, samples }];
  });
}

/** Is it a share, 0 to 1, and not a length or a rate of learning? */
export const isShare = (key: string): boolean => /(^|\.)share$/.test(key);

function scaleOf(key: string, doses: readonly number[]): 'linear' | 'log' {
  const [least, most] = [Math.min(...doses), Math.max(...doses)];
  return !isShare(key) && least > 0 && most / least >= LOG_FROM ? 'log' : 'linear';
}

/** The highest end of an interval, or rate, that a figure shows. */
export function highest({ arms, baseline }: Figure): number {
  const end = (rate: number | null, interval: Interval | null): number => interval?.[1] ?? rate ?? 0;
  const cells = [...arms.flatMap(({ cells }) => cells), ...baseline];
  return Math.max(
    0,
    ...cells.map(({ rate, interval }) => end(rate, interval)),
    ...cells.flatMap(({ seeds }) => seeds.map(({ rate }) => rate ?? 0)),
  );
}
