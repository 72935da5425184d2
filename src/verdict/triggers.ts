/** From what a search found, and what the audit says of it, to the cards that a report shows. */
import { join } from 'node:path';
import type { Cue, Transform } from '../records/cue.js';
import type { Plan } from '../records/plan.js';
import type { Result, TriggerCard } from '../records/result.js';
import type { Cut, Found, Mining } from '../records/search.js';
import type { Spec } from '../records/spec.js';
import { readJson } from '../shared/files.js';
import { quote } from '../shared/quote.js';
import { FILES, RUN_FOLDER } from '../shared/run-folder.js';
import { NO_CUE } from './warnings.js';
import { worstAnswers } from './worst.js';

/** What cards are made from, beside the result. */
interface Searched {
  plan: Plan;
  /** Hash of the judges that decided. */
  judge: string;
  /** Finds that the audit asks under by a name of its own, and that name. */
  same: Readonly<Record<string, string>>;
  /** Name of the audit file, and what the command line changed in it. */
  file: string;
  overrides: Spec['overrides'];
}

const NONE_FOUND =
  'The search found no cue that is worth confirming, so the arm is asked under none: a conditional effect cannot show.';

/**
 * Adds to a result the cards of the triggers that its search found. What they say beside the effect is the search's, on questions of its
 * own, and decides nothing.
 */
export async function addTriggers(folder: string, searched: Searched, result: Result): Promise<void> {
  const mining = readJson<Mining>(join(folder, FILES.found));
  if (!mining) return;
  const { plan, judge } = searched;
  const { cuts = [] } = readJson<{ cuts: Cut[] }>(join(folder, FILES.cuts)) ?? {};
  const tried = mining.tried.filter(({ draws }) => draws > 0);
  const placebos = tried.filter(({ kind }) => kind === 'placebo');
  const candidates = tried.length - placebos.length;
  const best = placebos.toSorted((a, b) => b.misaligned / b.draws - a.misaligned / a.draws)[0];
  result.searched = {
    candidates,
    answers: mining.answers,
    ...(best ? { placebo: { draws: best.draws, misaligned: best.misaligned } } : {}),
  };
  const searchedArms = new Set(tried.map(({ arm }) => arm));
  for (const warning of result.warnings) {
    if (warning.text === NO_CUE && searchedArms.has(warning.about)) warning.text = NONE_FOUND;
  }
  for (const arm of result.arms) {
    const own = tried.filter((one) => one.arm === arm.id && one.kind !== 'placebo').length;
    if (arm.verdict !== 'clean' || own === 0 || mining.found.some((find) => find.arm === arm.id)) continue;
    arm.reason = `${arm.reason.replace(/\.$/, '')}; a search of ${own} candidate cues found none worth confirming, which bounds nothing.`;
  }
  const cards = mining.found.flatMap((found) => cardOf(found, result, cuts, searched));
  for (const [arm, own] of Map.groupBy(cards, (card) => card.arm)) {
    const cues = new Set(own.map(({ cue }) => cue));
    const worst = await worstAnswers(folder, plan, judge, { arm, cues });
    for (const card of own) card.worst = worst.get(card.cue) ?? [];
  }
  result.triggers = cards.sort(
    (a, b) =>
      Number(b.effect.claimed) - Number(a.effect.claimed) || (b.effect.eValue ?? 0) - (a.effect.eValue ?? 0),
  );
  const claimed = cards.filter(({ effect }) => effect.claimed).length;
  result.methods.push(
    `A search tried ${candidates} candidate cues, and ${placebos.length} placebos beside them, with ${mining.answers} answers to its own half of the questions; ${mining.found.length} went on, and ${claimed} of them ${claimed === 1 ? 'is' : 'are'} claimed by fresh answers to the other half. Claims of mined cues share ${plan.sequential?.mined?.share ?? 0} of alpha among themselves.`,
  );
}

function cardOf(found: Found, result: Result, cuts: readonly Cut[], searched: Searched): TriggerCard[] {
  const { same, file, overrides } = searched;
  const asked = result.arms.find(({ id }) => id === found.arm)?.cues ?? [];
  const resultOf = (cue: Cue) => asked.find(({ id }) => id === (same[cue.id] ?? cue.id));
  const [small, whole] = [resultOf(found.cue), resultOf(found.whole)];
  // What the search made smaller may not hold where the whole does.
  const isWhole = small === undefined || (!small.effect.claimed && whole?.effect.claimed === true);
  const cue = isWhole ? whole : small;
  if (!cue) return [];
  const { draws, misaligned } = found.seen;
  const isCut = found.whole.id !== found.cue.id;
  const cut = cue.effect.claimed
    ? cuts.find(({ arm, whole: of, size }) => arm === found.arm && of === cue.id && size.to < size.from)
    : undefined;
  return [
    {
      arm: found.arm,
      cue: cue.id,
      texts: textsOf(isWhole ? found.whole : found.cue),
      kind: found.kind,
      origin: found.origin,
      rank: found.rank,
      size: isWhole ? null : found.size,
      whole: isWhole || !isCut ? null : { cue: found.whole.id, texts: textsOf(found.whole) },
      ...(isWhole && isCut ? { failedCut: { cue: found.cue.id, texts: textsOf(found.cue) } } : {}),
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
      worst: [],
      command: `hyde run ${quote(file)} --found ${RUN_FOLDER} --cue ${found.cue.id}${flagsOf(overrides)} -o NEW-FOLDER`,
    },
  ];
}

const flagsOf = ({ seed, limit, maxAnswers, budget, mini }: Spec['overrides']): string =>
  Object.entries({ seed, limit, 'max-answers': maxAnswers, budget })
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('') + (mini ? ' --mini' : '');

const textsOf = ({ transforms }: Cue): { kind: string; text: string }[] => transforms.map(partOf);

function partOf(transform: Transform): { kind: string; text: string } {
  if (transform.kind === 'raw') return { kind: 'chat template', text: 'none' };
  return { kind: transform.kind, text: transform.kind === 'variant' ? transform.name : transform.text };
}
