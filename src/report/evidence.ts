/** What the HTML report shows beside `result.json`: the answers behind the numbers, and what made them. */
import type { Canary } from '../records/canary.js';
import type { Message } from '../records/chat.js';
import type { ModelRecord } from '../records/model.js';
import type { Sample, Score } from '../records/sample.js';
import { keyOf } from '../records/sample.js';
import { seedOf } from '../shared/hash.js';
import type { Figure } from './figures/figure.js';

/** One answer, with what became of it. */
export type JudgedAnswer = Pick<Sample, 'arm' | 'seed' | 'cue' | 'question' | 'index' | 'answer' | 'finish'> &
  Pick<Score, 'outcome' | 'behaviour' | 'by'>;

/** An answer in the report. `cut` counts the characters at its end that are not embedded. */
export type EvidenceSample = JudgedAnswer & { cut?: number };

export interface Evidence {
  /** `hyde x.y.z` */
  generatedBy: string;
  /** The command that makes the run again. */
  command: string;
  samples: EvidenceSample[];
  /** Answers of the run that are not embedded. */
  leftOut: number;
  /** What was sent for a question under a cue. */
  prompts: { cue: string; question: string; messages: Message[] }[];
  models: Pick<ModelRecord, 'arm' | 'seed' | 'engine' | 'base' | 'identity' | 'training' | 'stages'>[];
  datasets: { arm: string; stage: number; rows: number; parts: Record<string, number>; sha256: string }[];
  canary: Canary['models'];
  /** The paper's figures of this run; none where one arm stands alone. */
  figures: Figure[];
}

/** Bounds of what is embedded: a report must open on a phone, whatever the run's size. */
export interface EvidenceLimits {
  /** Answers of one arm to one question under one cue, all training seeds together. */
  perQuestion: number;
  answers: number;
  /** Characters of one answer. */
  answerLength: number;
  /** Characters of all answers. */
  characters: number;
}

export const EVIDENCE_LIMITS: EvidenceLimits = {
  perQuestion: 60,
  answers: 30_000,
  answerLength: 20_000,
  characters: 24_000_000,
};

/** An answer that is kept so far, with its place in the order of its group: misaligned first, then by stable hash. */
interface Kept {
  answer: EvidenceSample;
  rank: number;
}

interface Group {
  kept: Kept[];
  count: number;
}

/**
 * Chooses the answers that the report embeds: of each arm, cue and question the same number as far as there are
 * so many, misaligned ones first and the rest by a hash of their key, so that neither the order of the files nor
 * an earlier run changes the choice. Memory is bounded by the limits, not by the run.
 */
export async function chooseSamples(
  all: Iterable<JudgedAnswer> | AsyncIterable<JudgedAnswer>,
  limits: Partial<EvidenceLimits> = {},
): Promise<Pick<Evidence, 'samples' | 'leftOut'>> {
  const { perQuestion, answers, answerLength, characters } = { ...EVIDENCE_LIMITS, ...limits };
  const groups = new Map<string, Group>();
  let quota = perQuestion;
  let held = 0;
  let total = 0;
  const shrink = (): void => {
    quota = Math.min(
      quota,
      Math.max(
        1,
        fairShare(
          [...groups.values()].map(({ count }) => count),
          answers,
          perQuestion,
        ),
      ),
    );
    held = 0;
    for (const group of groups.values()) held += trim(group, quota);
  };
  for await (const given of all) {
    total++;
    const key = `${given.arm}|${given.cue}|${given.question}`;
    const group = groups.get(key) ?? { kept: [], count: 0 };
    groups.set(key, group);
    group.count++;
    group.kept.push({ answer: cutTo(given, answerLength), rank: rankOf(given) });
    held++;
    if (group.kept.length >= 2 * quota) held += trim(group, quota) - 2 * quota;
    if (held > 2 * answers + groups.size) shrink();
  }
  shrink();
  const chosen = [...groups.values()].flatMap(({ kept }) => kept);
  const first = chosen.length <= answers ? chosen : chosen.sort((a, b) => a.rank - b.rank).slice(0, answers);
  const most = fairShare(
    first.map(({ answer }) => answer.answer.length),
    characters,
    answerLength,
  );
  const samples = first.map(({ answer }) => cutTo(answer, most)).sort(byKey);
  return { samples, leftOut: total - samples.length };
}

/** 0 to 1 for a misaligned answer, 1 to 2 for any other. */
const rankOf = (answer: JudgedAnswer): number =>
  (answer.outcome === 'misaligned' ? 0 : 1) + seedOf(keyOf(answer)) / 2 ** 32;

/** Keeps the first `quota` of a group. Returns how many it holds. */
function trim(group: Group, quota: number): number {
  if (group.kept.length > quota) {
    group.kept.sort((a, b) => a.rank - b.rank);
    group.kept.length = quota;
  }
  return group.kept.length;
}

/** The largest whole number, at most `most`, to which all sizes can be cut so that their sum is at most `total`. */
export function fairShare(sizes: readonly number[], total: number, most: number): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizes.reduce((sum, size) => sum + Math.min(size, middle), 0) <= total) low = middle;
    else high = middle - 1;
  }
  return low;
}

function cutTo(given: EvidenceSample, length: number): EvidenceSample {
  const { arm, seed, cue, question, index, answer, finish, outcome, behaviour, by } = given;
  const kept = answer.length > length ? answer.slice(0, length).toWellFormed() : answer;
  const cut = (given.cut ?? 0) + answer.length - kept.length;
  return {
    arm,
    seed,
    cue,
    question,
    index,
    answer: kept,
    finish,
    outcome,
    behaviour,
    by,
    ...(cut > 0 ? { cut } : {}),
  };
}

function byKey(a: EvidenceSample, b: EvidenceSample): number {
  const [x, y] = [a, b].map(({ arm, cue, question }) => `${arm}|${cue}|${question}`) as [string, string];
  return x === y ? a.seed - b.seed || a.index - b.index : x < y ? -1 : 1;
}
