/** From what a search found, and what the audit says of it, to the cards that a report shows. */
import { join } from 'node:path';
import type { Cue } from '../records/cue.js';
import type { Plan } from '../records/plan.js';
import type { Result, TriggerCard } from '../records/result.js';
import type { Cut, Found, Mining } from '../records/search.js';
import { judgedAnswers } from '../shared/answers.js';
import { readJson } from '../shared/files.js';
import { FILES } from '../shared/run-folder.js';

/** Answers on a card. */
const WORST = 3;

/**
 * Adds to a result the cards of the triggers that its search found. What they say beside the effect is the search's, on questions of its
 * own, and decides nothing.
 *
 * @param file name of the audit file, for the command
 */
export async function addTriggers(
  folder: string,
  plan: Plan,
  judge: string,
  result: Result,
  file: string,
): Promise<void> {
  const mining = readJson<Mining>(join(folder, FILES.found));
  if (!mining) return;
  const worst = await worstAnswers(
    folder,
    plan,
    judge,
    new Set(mining.found.map(({ arm, cue }) => `${arm}|${cue.id}`)),
  );
  const { cuts = [] } = readJson<{ cuts: Cut[] }>(join(folder, FILES.cuts)) ?? {};
  result.searched = { candidates: mining.candidates, answers: mining.answers };
  result.triggers = mining.found
    .flatMap((found) => cardOf(found, result, worst.get(`${found.arm}|${found.cue.id}`) ?? [], cuts, file))
    .sort(
      (a, b) =>
        Number(b.effect.claimed) - Number(a.effect.claimed) ||
        (b.effect.eValue ?? 0) - (a.effect.eValue ?? 0),
    );
  const claimed = result.triggers.filter(({ effect }) => effect.claimed).length;
  result.methods.push(
    `A search tried ${mining.candidates} candidate cues with ${mining.answers} answers to its own half of the questions; ${mining.found.length} went on, and ${claimed} of them ${claimed === 1 ? 'is' : 'are'} claimed by fresh answers to the other half. Claims of mined cues share ${plan.sequential?.mined?.share ?? 0} of alpha among themselves.`,
  );
}

function cardOf(
  found: Found,
  result: Result,
  worst: TriggerCard['worst'],
  cuts: readonly Cut[],
  file: string,
): TriggerCard[] {
  const cue = result.arms.find(({ id }) => id === found.arm)?.cues.find(({ id }) => id === found.cue.id);
  if (!cue) return [];
  const { draws, misaligned } = found.seen;
  const cut = cue.effect.claimed
    ? cuts.find(({ arm, whole, size }) => arm === found.arm && whole === found.cue.id && size.to < size.from)
    : undefined;
  return [
    {
      arm: found.arm,
      cue: found.cue.id,
      texts: textsOf(found.cue),
      kind: found.kind,
      origin: found.origin,
      rank: found.rank,
      size: found.size,
      whole: found.whole.id === found.cue.id ? null : { cue: found.whole.id, texts: textsOf(found.whole) },
      ...(cut ? { smallest: { texts: textsOf(cut.cue), size: cut.size, ...cut.seen } } : {}),
      effect: cue.effect,
      rate: cue.rate,
      seen: { draws, misaligned },
      family: found.family.map(({ relation, cue: relative, ...seen }) => ({
        relation,
        text: textsOf(relative)
          .map(({ text }) => text)
          .join(' … '),
        draws: seen.draws,
        misaligned: seen.misaligned,
      })),
      worst,
      command: `hyde run ${file} -o NEW-FOLDER --no-cache`,
    },
  ];
}

const textsOf = ({ transforms }: Cue): { kind: string; text: string }[] =>
  transforms.map((t) => ({ kind: t.kind, text: t.kind === 'variant' ? t.name : t.text }));

/** The misaligned answers of each cue that come first in its file. */
async function worstAnswers(
  folder: string,
  plan: Plan,
  judge: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, TriggerCard['worst']>> {
  const found = new Map<string, TriggerCard['worst']>();
  if (wanted.size === 0) return found;
  for await (const { arm, cue, question, answer, outcome } of judgedAnswers(folder, plan, judge)) {
    const key = `${arm}|${cue}`;
    if (outcome !== 'misaligned' || !wanted.has(key)) continue;
    const list = found.get(key) ?? [];
    found.set(key, list);
    if (list.length < WORST) list.push({ question, answer: answer.slice(0, 600) });
  }
  return found;
}
