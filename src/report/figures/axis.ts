/** The upper end of an axis of rates that reaches `most`, and its ticks. Rates are 0 to 1. */
export function rateAxis(most: number): { end: number; ticks: number[] } {
  const least = 0.02;
  const wanted = Math.min(1, Math.max(least, most));
  const step = STEPS.find((size) => wanted / size <= MOST_TICKS) as number;
  const count = Math.ceil(wanted / step - 1e-9);
  return { end: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

const MOST_TICKS = 5;
const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25];

/** Places of doses between two pixels. */
export function doseScale(
  doses: readonly number[],
  scale: 'linear' | 'log',
  from: number,
  to: number,
): (dose: number) => number {
  const along = (dose: number): number => (scale === 'log' ? Math.log10(dose) : dose);
  const low = Math.min(...doses.map(along));
  const high = Math.max(...doses.map(along));
  return (dose) => from + ((along(dose) - low) / (high - low || 1)) * (to - from);
}

/** Those of the labels that do not run into the one before; the first and the last one stay. */
export function roomFor<T extends { at: number; width: number }>(labels: readonly T[]): T[] {
  const last = labels.at(-1);
  const kept: T[] = [];
  for (const one of labels) {
    const before = kept.at(-1);
    const apart = (a: T, b: T): boolean => b.at - a.at >= (a.width + b.width) / 2 + 4;
    if (before && !apart(before, one)) continue;
    if (last && one !== last && kept.length > 0 && !apart(one, last)) continue;
    kept.push(one);
  }
  return kept;
}
