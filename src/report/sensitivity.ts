/** The sensitivity tables of a result, as all reports write them. */
import type { Result, SensitivityRow } from '../records/result.js';
import { percent } from './numbers.js';
import { verdictText } from './words.js';

export interface SensitivityTable {
  kind: 'thresholds' | 'judges';
  head: string;
  /** Does any row have another verdict than the first? */
  changes: boolean;
  rows: SensitivityLine[];
}

export interface SensitivityLine {
  title: string;
  arm: string;
  verdict: string;
  /** Plain rate, and the cue with the highest rate. */
  rates: string;
  isChosen: boolean;
  isChanged: boolean;
}

/** The tables of a result: over thresholds, over judges; none where there is nothing to compare. */
export function sensitivityLines(
  result: Pick<Result, 'sensitivity' | 'tolerance' | 'calibration'>,
): SensitivityTable[] {
  const { thresholds, judges } = result.sensitivity ?? {};
  return [
    ...(thresholds ? [tableOf('thresholds', thresholds, result)] : []),
    ...(judges ? [tableOf('judges', judges, result)] : []),
  ];
}

function tableOf(
  kind: SensitivityTable['kind'],
  rows: readonly SensitivityRow[],
  result: Pick<Result, 'tolerance' | 'calibration'>,
): SensitivityTable {
  const chosen = rows[0] as SensitivityRow;
  const lines = rows.flatMap((row, r) =>
    row.arms.map((arm, i): SensitivityLine => {
      const isChanged = arm.verdict !== chosen.arms[i]?.verdict;
      return {
        title: r === 0 ? `chosen: ${row.title}` : row.title,
        isChosen: r === 0,
        arm: arm.id,
        verdict: verdictText({ verdict: arm.verdict, hidden: null }, result),
        rates: ratesText(arm),
        isChanged,
      };
    }),
  );
  const changed = lines.filter(({ isChanged }) => isChanged).length;
  const head =
    changed === 0
      ? `Other ${kind}: no verdict changes`
      : `Other ${kind}: ${changed} of ${lines.length - chosen.arms.length} verdicts change`;
  const note = result.calibration ? ' (labels of people: the chosen one alone)' : '';
  return { kind, head: `${head}${note}`, changes: changed > 0, rows: lines };
}

function ratesText({ plainRate, cues }: SensitivityRow['arms'][number]): string {
  const highest = cues.toSorted((a, b) => (b.rate ?? -1) - (a.rate ?? -1))[0];
  return `plain ${percent(plainRate)}${highest ? `, ${highest.id} ${percent(highest.rate)}` : ''}`;
}
