/** What a reader must know about degenerate or incomplete answers before believing a number. */
import { PLAIN } from '../records/ids.js';
import type { ArmResult, Cell, Warning } from '../records/result.js';
import { BASE_SEED, isPlanned, type Shared } from './input.js';
import { list, percent, under } from './words.js';

/** Of an arm without cues; a search that found none says why. */
export const NO_CUE = 'The arm is asked under no cue: a conditional effect cannot show.';

/** Names whatever is degenerate: empty cells, missing seeds, one question, unequal counts, answers that nobody asked for. */
export function warningsOf(shared: Shared, arms: readonly ArmResult[]): Warning[] {
  const { input, table } = shared;
  const warnings: Warning[] = [];
  const warn = (about: string, text: string): void => void warnings.push({ about, text });
  if (input.arms.length === 0) warn('audit', 'There is no arm to judge.');
  if (table.repeated > 0) warn('scores', `${table.repeated} score lines were repeated, and counted once.`);
  if (shared.others > 0)
    warn(
      'scores',
      `${shared.others} answers of an unfinished round (or of one that an earlier plan asked for) are not counted: they are no draws.`,
    );
  if (input.isStopped)
    warn(
      'audit',
      'How many answers there are was decided by looking at them (a sequential run): there are no claims and no bounds. Analyse the run in its own folder.',
    );
  if (input.questions.length === 1) {
    warn('questions', 'There is a single question: all numbers speak of this one question.');
  }
  for (const [about, text] of strangers(shared)) warn(about, text);
  for (const [about, text] of missingAnswers(shared)) warn(about, text);
  // A run that its budget has ended says so in a warning of its own.
  const ending = input.endedAt === undefined ? (shared.sequential?.arms ?? []) : [];
  for (const { arm, ended, cues } of ending) {
    const lost = ended ? [PLAIN] : cues.filter(({ closed }) => closed === 'records').map(({ cue }) => cue.id);
    for (const id of lost)
      warn(arm.id, `Answers ${under(id)} end before it is settled: later rounds are not recorded.`);
  }
  for (const { arm, plain, cues } of shared.sequential?.arms ?? []) {
    const cut = [{ id: PLAIN, cell: plain }, ...cues.map(({ cue, cell }) => ({ id: cue.id, cell }))].filter(
      ({ cell }) => cell.isEnough && !cell.isBounded,
    );
    if (cut.length > 0) {
      const where = list(cut.map(({ id }) => under(id)));
      warn(
        arm.id,
        `The run had enough answers ${where} before there were labels of people, and with them it has not: named with verdict.calibration they let it go on.`,
      );
    }
  }
  const seen = new Set<string>();
  const check = (about: string, cell: Cell, cue: string): void => {
    for (const text of troubles(cell, cue, isPlanned(shared))) {
      if (!seen.has(`${about}|${text}`)) warn(about, text);
      seen.add(`${about}|${text}`);
    }
  };
  for (const arm of arms) {
    if (arm.base === null)
      warn(arm.id, 'There is no base beside this arm: effects are pair effects, and it can never be clean.');
    if (arm.cues.length === 0) warn(arm.id, NO_CUE);
    check(arm.id, arm.plain, PLAIN);
    if (arm.base !== null && arm.plainBase) check(arm.base, arm.plainBase, PLAIN);
    for (const cue of arm.cues) {
      check(arm.id, cue, cue.id);
      if (arm.base !== null && cue.base) check(arm.base, cue.base, cue.id);
      if (cue.effect.claimed && (cue.effect.estimate ?? 0) <= 0) {
        warn(
          arm.id,
          `The effect ${under(cue.id)} is claimed per sampled answer, but its size per eligible answer is not above 0: the cue changes how many answers are eligible.`,
        );
      }
      for (const text of lonely(arm, cue)) warn(arm.id, text);
      if (cue.samples > 0 && cue.effect.draws === 0 && !input.isStopped) {
        warn(arm.id, `No draw could be paired ${under(cue.id)}: a cell of the comparison is empty.`);
      }
    }
    for (const { seed, plain, cues } of arm.seeds) {
      const missing = [{ id: PLAIN, cell: plain }, ...cues]
        .filter(({ cell }) => cell.samples === 0)
        .map(({ id }) => id);
      if (missing.length > 0 && missing.length <= cues.length + 1 && arm.seeds.length > 1) {
        warn(
          arm.id,
          `Training seed ${seed} has no answers for ${list(missing.map((id) => `'${id}'`))}, and is left out there.`,
        );
      }
    }
  }
  return warnings;
}

/** What is wrong with one cell, in words. */
function troubles(cell: Cell, cue: string, planned: boolean): string[] {
  const where = under(cue);
  if (cell.samples === 0) return [`Nothing was sampled ${where}.`];
  const out: string[] = [];
  if (cell.eligible === 0) out.push(`No answer ${where} is eligible (of ${cell.samples}): there is no rate.`);
  else if (cell.misaligned === cell.eligible) {
    out.push(`Every eligible answer ${where} is misaligned (${cell.eligible} of ${cell.samples} sampled).`);
  }
  const unknown = cell.outcomes.unparsed + cell.outcomes.failed;
  if (unknown > 0) {
    out.push(
      `${percent(unknown / cell.samples)} of the answers ${where} are unknown (unparsed or failed), and count against what is said.`,
    );
  }
  if (!planned) return out; // questions are drawn: their counts differ, and few answers each may all be ineligible
  const empty = cell.questions.filter(({ eligible }) => eligible === 0).length;
  if (empty > 0 && cell.eligible > 0)
    out.push(
      `${empty} of ${cell.questions.length} questions have no eligible answer ${where}, and are left out of its rate.`,
    );
  const samples = cell.questions.map((question) => question.samples);
  const [least, most] = samples.reduce(
    ([low, high], n) => [Math.min(low, n), Math.max(high, n)],
    [Infinity, 0],
  );
  if (least !== most) {
    out.push(
      `Questions were asked ${least} to ${most} times ${where}: claims and bounds of the excess use as many answers of each as the least, chosen by seed; rates use all.`,
    );
  }
  return out;
}

/** Questions of a cue that another cell of its comparison lacks. */
function lonely(arm: ArmResult, cue: ArmResult['cues'][number]): string[] {
  const others = [arm.plain, ...(arm.base === null ? [] : [arm.plainBase, cue.base])];
  const have = others.map((cell) => new Set(cell?.questions.map(({ id }) => id)));
  if (cue.questions.length === 0 || have.some(({ size }) => size === 0)) return [];
  const left = cue.questions.filter(({ id }) => !have.every((ids) => ids.has(id)));
  if (left.length === 0) return [];
  return [
    `${left.length} of ${cue.questions.length} questions ${under(cue.id)} have no answers in another cell of the comparison (${left[0]?.id}): the claim leaves them out.`,
  ];
}

/** Cells that hold fewer answers than planned; an answer that was lost is not an answer that was aligned. */
function missingAnswers({ input, table }: Shared): [about: string, text: string][] {
  const planned = input.answersPerQuestion;
  if (planned === null) return [];
  const out: [string, string][] = [];
  const questionsOf = new Map(
    input.cues.map(({ id, questions }) => [id, questions?.length ?? input.questions.length]),
  );
  const look = (arm: string, seed: number, cue: string, where: string): void => {
    const want = planned * (questionsOf.get(cue) ?? input.questions.length);
    let have = 0;
    for (const answers of table.cell(arm, seed, cue).values())
      have += answers.filter((a) => a !== undefined).length;
    if (have > 0 && have < want)
      out.push([
        arm,
        `${want - have} of ${want} planned answers ${where} are missing: numbers rest on the others.`,
      ]);
  };
  for (const { id, seeds, cues } of input.arms) {
    for (const seed of seeds)
      for (const cue of [PLAIN, ...cues]) look(id, seed, cue, `${under(cue)} (training seed ${seed})`);
  }
  for (const { id } of input.bases)
    for (const cue of [PLAIN, ...input.cues.map((cue) => cue.id)]) look(id, BASE_SEED, cue, under(cue));
  return out;
}

/** Answers in the table of arms, cues or seeds that the audit does not name. */
function strangers({ input, table }: Shared): [about: string, text: string][] {
  const known = new Set<string>();
  for (const arm of input.arms) {
    for (const cue of [PLAIN, ...arm.cues])
      for (const seed of arm.seeds) known.add(`${arm.id}|${seed}|${cue}`);
  }
  for (const base of input.bases)
    for (const cue of [PLAIN, ...input.cues.map(({ id }) => id)]) known.add(`${base.id}|0|${cue}`);
  return table.cells
    .filter(({ arm, seed, cue }) => !known.has(`${arm}|${seed}|${cue}`))
    .map(({ arm, seed, cue }) => [
      arm,
      `Answers of seed ${seed} ${under(cue)} belong to nothing that the audit names, and are ignored.`,
    ]);
}
