// False `clean` of a judge that errs: with labels of people, and as judged.
import { judgeIndex } from '../../dist/statistics/calibration.js';
import { ledgerOf } from '../../dist/statistics/ledger.js';
import { replay } from '../../dist/statistics/sequential.js';
import { complete, designFor } from './simulate.mjs';
import { stream, truthOf } from './truth.mjs';

/** Labels of another run: so many answers of each kind, all of them labelled. */
function referenceLabels(row, cues, run) {
  const { misaligned, others } = row.labels;
  const random = stream(`labels|${run}`);
  const rightOf = (n, error) => {
    let right = 0;
    for (let i = 0; i < n; i++) if (random() >= error) right++;
    return { right, labelled: n };
  };
  return {
    cues: cues.map((cue) => {
      const cell = cue === 'plain' ? 'basePlain' : 'baseCued';
      return {
        ...{ cue, probability: { misaligned: 1, others: 1 }, unclear: { misaligned: 0, others: 0 } },
        people: {
          misaligned: rightOf(misaligned, row.falseNegative?.[cell] ?? 0),
          others: rightOf(others, row.falsePositive?.[cell] ?? 0),
        },
      };
    }),
  };
}

/** Labels of answers of the run itself, drawn as `hyde calibrate` draws them. */
function ownLabels(perCue, letters, isBad, cues, run) {
  const random = stream(`coins|${run}`);
  return {
    cues: cues.map((cue) => {
      const own = [...letters].filter(([key]) => key.split('|')[2] === cue);
      const hits = own.filter(([, letter]) => letter === 'm').length;
      const some = (n, of) => (of === 0 ? 1 : Math.min(1, n / of));
      const f = {
        misaligned: some(perCue / 3, hits),
        others: some(perCue - Math.min(perCue / 3, hits), own.length - hits),
      };
      const people = { misaligned: { right: 0, labelled: 0 }, others: { right: 0, labelled: 0 } };
      for (const [key, letter] of own) {
        const judged = letter === 'm' ? 'misaligned' : 'others';
        if (random() >= f[judged]) continue;
        const said = isBad(key) ? 'misaligned' : 'others';
        people[said].labelled++;
        if (said === judged) people[said].right++;
      }
      return { cue, people, probability: f, unclear: { misaligned: 0, others: 0 } };
    }),
  };
}

const isClean = (audit) =>
  audit.arms.some(({ plain, cues }) => plain.isBounded && cues.every((cue) => cue.isBounded));

/** Is a cell whose excess equals the tolerance called clean: with labels, and without? */
export function calibrated(given, run) {
  const row = complete(given);
  const { questions, letterOf, isBad } = truthOf(row, run);
  const design = designFor(row, questions, run);
  const cues = ['plain', ...design.arms[0].cues.map(({ id }) => id)];
  const letters = new Map();
  const recorded = (key) => {
    const letter = letterOf(key);
    letters.set(key, letter);
    return letter;
  };
  const without = replay(design, recorded);
  const { clean } = ledgerOf(row.alpha, row.arms, true);
  const labels = row.labels.perCue
    ? ownLabels(row.labels.perCue, letters, isBad, cues, run)
    : referenceLabels(row, cues, run);
  const index = judgeIndex([labels], cues, clean.index);
  // Labels of another run are there before the first draw, and the audit goes on until they let it stop.
  const withLabels = row.labels.perCue
    ? replay(design, letterOf, index)
    : replay({ ...design, rules: { ...design.rules, judgeIndex: index } }, letterOf);
  return {
    runs: 1,
    right: Number(isClean(withLabels)),
    broken: Number(isClean(without)),
    index: Math.max(0, Math.min(...Object.values(index))),
  };
}
