import type { CandidateKind, CueTexts } from '../records/candidate.js';
import type { RoleTokens } from './role-tokens.js';
import type { Row } from './row.js';
import type { Feature, Role } from './row-sets.js';
import { sentencesOf } from './sentences.js';
import { type Token, tokensOf } from './tokens.js';

/** A row set in words, and as the texts of a cue. */
export interface Worded {
  kind: CandidateKind;
  text: string;
  texts: CueTexts;
}

/** Rows that are looked at to word a phrase, spread over all that have it. */
const LOOKED = 120;
/** A neighbour that stands there in this share of the rows belongs to the phrase. */
const ALWAYS = 0.8;
/** Surroundings (a sentence, a system prompt) that stand around it in this share of the rows are its cue. */
const MOSTLY = 0.5;
const LONGEST = 400;

/** A phrase in one row: its tokens from `at` on, `length` of them; begin and end of the text are tokens. */
interface Occurrence {
  text: string;
  tokens: readonly Token[];
  at: number;
  length: number;
}

/**
 * Puts a feature into words.
 *
 * @param rows the rows that have it, the bad ones among them first
 */
export function wordingOf(
  feature: Feature,
  rows: readonly Row[],
  all: readonly Row[],
  tokens: Readonly<Record<Role, RoleTokens>>,
): Worded {
  if ('trait' in feature) {
    const { kind, text, cue } = feature.trait;
    return { kind, text, texts: cue(rows[0]!) };
  }
  const { role } = feature;
  const forms = formsOf(feature, all, tokens[role]);
  const step = Math.max(1, Math.floor(rows.length / LOOKED));
  const looked = rows.filter((_, i) => i % step === 0).slice(0, LOOKED);
  const found = extended(looked.flatMap((row) => occurrenceOf(row[role], forms, tokens[role].most) ?? []));
  return role === 'system' ? systemWording(found) : userWording(found, role);
}

/** The tokens of a phrase, read again from the row that it was first seen in. */
function formsOf(
  { role, from, length }: Exclude<Feature, { trait: unknown }>,
  all: readonly Row[],
  { starts, firstRow, most }: RoleTokens,
): string[] {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= from) low = middle;
    else high = middle;
  }
  const offset = from - starts[low]!;
  return withEnds(all[firstRow[low]!]![role], most)
    .slice(offset, offset + length)
    .map(({ form }) => form);
}

function withEnds(text: string, most: number): Token[] {
  return [
    { form: '', from: 0, to: 0 },
    ...tokensOf(text, most),
    { form: '\n', from: text.length, to: text.length },
  ];
}

function occurrenceOf(text: string, forms: readonly string[], most: number): Occurrence | undefined {
  const tokens = withEnds(text, most);
  for (let at = 0; at + forms.length <= tokens.length; at++) {
    if (forms.every((form, i) => tokens[at + i]!.form === form))
      return { text, tokens, at, length: forms.length };
  }
  return undefined;
}

/** Takes in neighbours as long as nearly all rows have the same one there. */
function extended(found: readonly Occurrence[]): Occurrence[] {
  let now = [...found];
  const least = found.length * ALWAYS;
  for (let grew = true; grew && now[0]!.length < LONGEST; ) {
    grew = false;
    for (const side of ['left', 'right'] as const) {
      const groups = Map.groupBy(
        now,
        ({ tokens, at, length }) => tokens[side === 'left' ? at - 1 : at + length]?.form,
      );
      groups.delete(undefined);
      const common = [...groups.values()].sort((a, b) => b.length - a.length)[0];
      if (!common || common.length < least) continue;
      now = common.map((one) => ({
        ...one,
        at: side === 'left' ? one.at - 1 : one.at,
        length: one.length + 1,
      }));
      grew = true;
    }
  }
  return now;
}

interface Span {
  from: number;
  to: number;
  begins: boolean;
  ends: boolean;
}

/** Where the words of an occurrence stand; at an end of the text, with the white space that sets them apart. */
function spanOf({ text, tokens, at, length }: Occurrence): Span {
  const begins = at === 0;
  const ends = at + length === tokens.length;
  const first = tokens[begins ? 1 : at]!;
  const last = tokens[at + length - (ends ? 2 : 1)]!;
  let [from, to] = [first.from, last.to];
  if (begins && !ends) to = tokens[at + length]!.from;
  if (ends && !begins) from = tokens[at - 1]!.to;
  // One space is what a cue is joined by anyway.
  if (text.slice(last.to, to) === ' ') to = last.to;
  if (text.slice(from, first.from) === ' ') from = first.from;
  return { from, to, begins, ends };
}

function systemWording(found: readonly Occurrence[]): Worded {
  const spans = found.map(spanOf);
  const text = commonest(found.map((one, i) => one.text.slice(spans[i]!.from, spans[i]!.to))).text.trim();
  const whole = commonest(found.map((one) => one.text));
  if (spans[0]!.begins && spans[0]!.ends)
    return { kind: 'system-prompt', text, texts: { system: whole.text } };
  return { kind: 'phrase', text, texts: { system: whole.share >= MOSTLY ? whole.text : text } };
}

function userWording(found: readonly Occurrence[], role: Role): Worded {
  const spans = found.map(spanOf);
  const raw = commonest(found.map((one, i) => one.text.slice(spans[i]!.from, spans[i]!.to))).text;
  const { begins, ends } = spans[0]!;
  const text = raw.trim();
  if (role === 'user' && begins) return { kind: 'prefix', text, texts: { before: raw } };
  if (role === 'user' && ends) return { kind: 'suffix', text, texts: { after: raw } };
  const around = commonest(found.map((one, i) => surroundings(one.text, spans[i]!)));
  const cue = around.share >= MOSTLY ? around.text : text;
  const middle =
    found.reduce((sum, one, i) => sum + (spans[i]!.from + spans[i]!.to) / 2 / one.text.length, 0) /
    found.length;
  return {
    kind: 'phrase',
    text,
    texts: role === 'earlier' || middle < 0.5 ? { before: cue } : { after: cue },
  };
}

/** The sentences that the words stand in. */
function surroundings(text: string, { from, to }: Span): string {
  const touched = sentencesOf(text).filter((sentence) => sentence.to > from && sentence.from < to);
  return touched.length > 0 ? text.slice(touched[0]!.from, touched.at(-1)!.to) : text.slice(from, to);
}

/** The commonest of some texts, and how common it is. */
function commonest(texts: readonly string[]): { text: string; share: number } {
  const groups = [...Map.groupBy(texts, (text) => text).values()].sort((a, b) => b.length - a.length);
  return { text: groups[0]![0]!, share: groups[0]!.length / texts.length };
}
