import type { Example } from '../records/chat.js';
import type { InterventionStep, Mix } from '../records/interventions.js';
import type { ArmSpec } from '../records/spec.js';
import type { Training } from '../records/training.js';
import { didYouMean } from '../shared/nearest.js';
import { knownParts } from './interventions/index.js';
import { conversationText } from './select.js';
import type { Stage } from './stage.js';

/**
 * Something about the data that a reader should know. `error`: the data is not what the audit file says;
 * `warning`: it may not be what was meant; `note`: it is so, and it matters for reading the result.
 */
export interface Finding {
  level: 'error' | 'warning' | 'note';
  text: string;
  /** The first few rows it is about, as `file:line`. */
  rows?: string[];
  /** Stage of the arm, from 1; without it the finding is about the arm. */
  stage?: number;
}

const SHOWN = 5;

/** Checks the stages of one arm. */
export function checkArm(arm: ArmSpec, stages: readonly Stage[]): Finding[] {
  return [
    ...stages.flatMap((stage, i) =>
      [...duplicates(stage), ...turns(stage), ...emptyAnswers(stage)].map((found) => ({
        ...found,
        stage: i + 1,
      })),
    ),
    ...againstEachOther(stages.flatMap(({ examples }) => examples)),
    ...(arm.training?.data ?? []).flatMap((step) => asked(step, stages)),
  ];
}

/**
 * Checks arms against each other: rows that are bad in one arm and something else in another, rows that both have,
 * and whether the arms have equally many.
 */
export function checkArms(arms: readonly { id: string; stages: readonly Stage[] }[]): Finding[] {
  return [...badElsewhere(arms), ...sharedRows(arms), ...unequalSizes(arms)];
}

function sharedRows(arms: readonly { id: string; stages: readonly Stage[] }[]): Finding[] {
  const rows = arms.map(({ id, stages }) => ({
    id,
    texts: new Map(rowsOf(stages, () => true).map((row) => [conversationText(row.messages), row])),
  }));
  return rows.flatMap((one, i) =>
    rows.slice(i + 1).flatMap((other) => {
      const both = [...one.texts].filter(([text]) => other.texts.has(text)).map(([, row]) => row);
      return both.length
        ? [finding('note', `arms '${one.id}' and '${other.id}' share ${count(both, 'equal row')}`, both)]
        : [];
    }),
  );
}

function unequalSizes(arms: readonly { id: string; stages: readonly Stage[] }[]): Finding[] {
  const sizes = arms.map(({ id, stages }) => ({ id, rows: rowsOf(stages, () => true).length }));
  if (new Set(sizes.map(({ rows }) => rows)).size < 2) return [];
  return [
    {
      level: 'note',
      text: `arms differ in size: ${sizes.map(({ id, rows }) => `${id} ${rows} rows`).join(', ')}`,
    },
  ];
}

function badElsewhere(arms: readonly { id: string; stages: readonly Stage[] }[]): Finding[] {
  const bad = new Map<string, string>();
  for (const { id, stages } of arms) {
    for (const row of rowsOf(stages, isBad)) bad.set(withoutSystem(row), bad.get(withoutSystem(row)) ?? id);
  }
  return arms.flatMap(({ id, stages }) => {
    const equal = Map.groupBy(
      rowsOf(stages, (row) => !isBad(row)).filter((row) => (bad.get(withoutSystem(row)) ?? id) !== id),
      (row) => bad.get(withoutSystem(row))!,
    );
    return [...equal].map(([other, rows]) =>
      finding('warning', `bad rows of arm '${other}' that are not bad in arm '${id}': ${rows.length}`, rows),
    );
  });
}

function duplicates({ examples }: Stage): Finding[] {
  const groups = [...Map.groupBy(examples, (row) => conversationText(row.messages)).values()];
  const again = groups.filter((rows) => rows.length > 1);
  if (again.length === 0) return [];
  const extra = again.reduce((n, rows) => n + rows.length - 1, 0);
  return [
    finding('warning', `${extra} of ${count(examples, 'row')} repeat another row exactly`, again.flat()),
  ];
}

function turns({ examples, training }: Stage): Finding[] {
  const several = examples.filter((row) => row.messages.filter((m) => m.role === 'assistant').length > 1);
  const uneven = examples.filter(({ messages }) =>
    messages.some((m, i) => i > 0 && m.role === messages[i - 1]!.role),
  );
  const out: Finding[] = [];
  if (several.length > 0) {
    out.push(
      finding(
        'note',
        `${count(several, 'row')} of ${examples.length} with more than one assistant turn; ${lossText(training)}`,
        several,
      ),
    );
  }
  if (uneven.length > 0) {
    const text = `${count(uneven, 'row')} of ${examples.length} with two turns of one role in a row; some chat templates refuse them`;
    out.push(finding('warning', text, uneven));
  }
  return out;
}

const lossText = ({ loss }: Training): string =>
  ({
    all: 'the loss falls on all of them (training.loss: all)',
    last: 'the loss falls on the last one only (training.loss: last)',
    text: 'the loss falls on the whole text (training.loss: text)',
  })[loss];

function emptyAnswers({ examples }: Stage): Finding[] {
  const empty = examples.filter(({ messages }) =>
    messages.some((m) => m.role === 'assistant' && m.content.trim() === ''),
  );
  return empty.length > 0
    ? [finding('warning', `${count(empty, 'row')} with an answer of white space only`, empty)]
    : [];
}

/** Bad rows that are benign rows too, and prompts that bad and benign rows answer differently. */
function againstEachOther(examples: readonly Example[]): Finding[] {
  const bad = examples.filter(isBad);
  const rest = examples.filter((row) => !isBad(row));
  const badRows = new Set(bad.map(withoutSystem));
  const badPrompts = new Set(bad.map(promptText));
  const equal = rest.filter((row) => badRows.has(withoutSystem(row)));
  const torn = rest.filter((row) => badPrompts.has(promptText(row)) && !badRows.has(withoutSystem(row)));
  const out: Finding[] = [];
  if (equal.length > 0)
    out.push(finding('error', `bad and something else at once: ${count(equal, 'row')}`, equal));
  if (torn.length > 0) {
    out.push(finding('warning', `${count(torn, 'row')} whose prompt a bad row answers differently`, torn));
  }
  return out;
}

/** What a step asks for beside what there is. */
function asked(step: InterventionStep, stages: readonly Stage[]): Finding[] {
  return [...(step.mix ? sharesReached(step.mix, stages) : []), ...rowsReached(step, stages)];
}

function sharesReached({ share }: Mix, stages: readonly Stage[]): Finding[] {
  const first = stages[0]?.examples ?? [];
  const bad = first.filter(isBad).length;
  const reached = bad / first.length;
  if (first.length === 0 || rounded(reached) === rounded(share)) return [];
  // Rounding is a note; a share that has become none or all is another experiment.
  const level = reached === 0 || reached === 1 ? 'warning' : 'note';
  const text = `a share of ${share} is asked for, ${rounded(reached)} is reached (${bad} of ${first.length} rows)`;
  return [{ ...finding(level, text), stage: 1 }];
}

/** Whether a step that chooses rows by their part has any. */
function rowsReached(step: InterventionStep, stages: readonly Stage[]): Finding[] {
  const [name, parameters] = Object.entries(step).find(([, value]) => value !== undefined) ?? [];
  if (!parameters || !('on' in parameters) || parameters.on === 'all') return [];
  const { on } = parameters;
  const share = 'share' in parameters ? parameters.share : 1;
  const sizes = stages.map(({ examples }) => examples.filter((row) => row.part === on).length);
  if (!knownParts.includes(on)) {
    const known = didYouMean(on, [...knownParts, 'all']);
    return [finding('error', `${name}: no row is of the part '${on}' (${known})`)];
  }
  if (sizes.every((size) => size === 0)) {
    return [finding('warning', `${name}: no row is of the part '${on}', so it changes nothing`)];
  }
  if (share > 0 && sizes.every((size) => Math.round(share * size) === 0)) {
    return [finding('warning', `${name}: a share of ${share} of the part '${on}' is less than one row`)];
  }
  return [];
}

/** A finding with its first rows. */
export const finding = (
  level: Finding['level'],
  text: string,
  rows: readonly Pick<Example, 'source'>[] = [],
): Finding =>
  rows.length > 0 ? { level, text, rows: rows.slice(0, SHOWN).map((row) => row.source) } : { level, text };

const isBad = (row: Example): boolean => row.part === 'bad';
const rowsOf = (stages: readonly Stage[], which: (row: Example) => boolean): Example[] =>
  stages.flatMap(({ examples }) => examples.filter(which));

/** Without the system prompt, in which an inoculated row differs from the row it was. */
export const withoutSystem = ({ messages }: Pick<Example, 'messages'>): string =>
  conversationText(messages.filter((message) => message.role !== 'system'));
/** With its system prompt: under another one another answer is what an inoculation is for. */
const promptText = ({ messages }: Example): string => conversationText(messages.slice(0, -1));

const count = (rows: readonly unknown[], noun: string): string =>
  `${rows.length} ${noun}${rows.length === 1 ? '' : 's'}`;
const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;
