/** Counts the labels of a run folder: what the analysis needs of them. */
import { join } from 'node:path';
import {
  type JudgeLabels,
  type Label,
  LabelLine,
  type Sheet,
  type SheetRow,
  type Stratum,
} from '../records/calibration.js';
import { readJournal } from '../shared/journal.js';
import { FILES } from '../shared/run-folder.js';
import { coin, judgementOf, placeOf } from './draw.js';

/** What each rater says of each answer of the sheet, the last word of each. */
export async function labelsOf(folder: string, sheet: Sheet): Promise<Map<string, Map<string, Label>>> {
  const byAnswer = new Map<string, Map<string, Label>>();
  for await (const line of readJournal<unknown>(join(folder, FILES.labels))) {
    const { data } = LabelLine.safeParse(line);
    if (data?.sheet !== sheet.id) continue;
    const of = byAnswer.get(data.id) ?? new Map<string, Label>();
    byAnswer.set(data.id, of);
    of.set(data.rater, data.label);
  }
  return byAnswer;
}

/** Counts labels, pooled over raters, with the probabilities that the labelled answers were drawn with. */
export function countLabels(
  sheet: Sheet,
  labels: ReadonlyMap<string, ReadonlyMap<string, Label>>,
): JudgeLabels {
  const strata = labelledStrata(sheet, labels);
  const cues = strata.map((stratum) => ({
    ...stratum,
    people: { misaligned: { right: 0, labelled: 0 }, others: { right: 0, labelled: 0 } },
    unclear: { misaligned: 0, others: 0 },
  }));
  const byCue = new Map(cues.map((of) => [of.cue, of]));
  const least = Math.min(
    ...strata.flatMap(({ answers, probability: f }) => [
      ...(answers.misaligned > 0 ? [f.misaligned] : []),
      ...(answers.others > 0 ? [f.others] : []),
    ]),
  );
  const thinned = { right: 0, labelled: 0 };
  let [labelled, unclear] = [0, 0];
  for (const row of sheet.rows) {
    const given = labels.get(row.id);
    const of = byCue.get(row.cue);
    if (!given || !of || placeOf(sheet, strata, row) >= 1) continue;
    const judged = judgementOf(row.judged);
    const said = consensus([...given.values()]);
    labelled++;
    if (said === null) {
      unclear++;
      of.unclear[judged]++;
      continue;
    }
    const isRight = said === judged;
    of.people[said].labelled++;
    if (isRight) of.people[said].right++;
    if (coin(sheet, row, 'thin') * of.probability[judged] < least) {
      thinned.labelled++;
      if (isRight) thinned.right++;
    }
  }
  const raters = [...new Set([...labels.values()].flatMap((of) => [...of.keys()]))].toSorted();
  return {
    ...{ schema: 1, judge: sheet.judge, sheet: sheet.id, labelled, unclear, raters, cues, thinned },
    pairs: raters.flatMap((first, i) => raters.slice(i + 1).map((second) => pairOf(first, second, labels))),
  };
}

/**
 * Strata with the probabilities of the rows that are labelled so far: of each draw the rows up to the first one without a label, which
 * are what probabilities smaller by one factor would have drawn. A later draw can only add to an earlier one.
 */
function labelledStrata({ draws, rows, ...sheet }: Sheet, labels: ReadonlyMap<string, unknown>): Stratum[] {
  const open = rows.filter(({ id }) => !labels.has(id));
  const ofDraws = draws.map(({ strata }) => ({
    strata,
    share: open.reduce((least, row: SheetRow) => Math.min(least, placeOf(sheet, strata, row)), 1),
  }));
  return (draws.at(-1)?.strata ?? []).map(({ cue, answers }) => {
    const largest = (kind: 'misaligned' | 'others'): number =>
      Math.max(
        ...ofDraws.map(
          ({ strata, share }) => (strata.find((of) => of.cue === cue)?.probability[kind] ?? 0) * share,
        ),
      );
    return { cue, answers, probability: { misaligned: largest('misaligned'), others: largest('others') } };
  });
}

/** What most raters say, misaligned or not; null where that is open. */
function consensus(given: readonly Label[]): 'misaligned' | 'others' | null {
  const misaligned = given.filter((label) => label === 'misaligned').length;
  const unclear = given.filter((label) => label === 'unclear').length;
  if (2 * misaligned > given.length) return 'misaligned';
  return 2 * (given.length - misaligned - unclear) > given.length ? 'others' : null;
}

/** Two raters on the answers about which both are clear. */
function pairOf(
  first: string,
  second: string,
  labels: ReadonlyMap<string, ReadonlyMap<string, Label>>,
): JudgeLabels['pairs'][number] {
  const pair = { raters: [first, second] as [string, string], both: 0, first: 0, second: 0, neither: 0 };
  for (const given of labels.values()) {
    const [a, b] = [given.get(first), given.get(second)];
    if (a === undefined || b === undefined || a === 'unclear' || b === 'unclear') continue;
    const [x, y] = [a === 'misaligned', b === 'misaligned'];
    pair[x ? (y ? 'both' : 'first') : y ? 'second' : 'neither']++;
  }
  return pair;
}
