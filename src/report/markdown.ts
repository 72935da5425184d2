import { type ArmResult, type Calibration, type Result, VERDICTS } from '../records/result.js';
import { printableLine } from '../shared/printable.js';
import { calibrationLine, calibrationRows } from './calibration.js';
import { contrastLines } from './contrasts.js';
import { count, percent, pointsWithRange, range } from './numbers.js';
import { type SensitivityTable, sensitivityLines } from './sensitivity.js';
import { spentText } from './spent.js';
import { type CardText, cardTexts } from './triggers.js';
import { designText, overallText, type Row, rowsOf, SHAPES, tallyText, verdictText } from './words.js';

/** Services take comments of 65,536 characters; the rest of this stays free for what they add. */
const LONGEST = 60_000;

/** Longest title, reason or warning. */
const LONGEST_TEXT = 800;

/** The result as Markdown for a pull request's comment: verdicts, a sentence per arm, warnings, methods. */
export function renderMarkdown(result: Result): string {
  const head = [
    `## ${SHAPES[result.verdict]} ${escapeMarkdown(result.name)}: ${overallText(result)}`,
    `${tallyText(result.arms, VERDICTS)}. Tolerance ${percent(result.tolerance)}, alpha ${percent(result.alpha)}, ${designText(result)}.`,
    ...(result.calibration ? [escapeMarkdown(calibrationLine(result.calibration))] : []),
  ].join('\n\n');
  const table = [
    '| arm | verdict | plain (base) | strongest cue (base) | effect, points | cues claimed |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  const methods = `<details><summary>How the numbers came about</summary>\n\n${result.methods
    .map((text) => `- ${escapeMarkdown(text)}`)
    .join('\n')}\n\n</details>`;
  const foot = `<sub>hyde ${escapeMarkdown(result.hyde)} · the answers behind each number are in report.html</sub>`;
  let left = LONGEST - head.length - foot.length - 600;
  const takeWhole = (lines: string[], rest: (n: number) => string): string[] => {
    const taken: string[] = [];
    for (const line of lines) {
      if (line.length + 1 > left) return [...taken, rest(lines.length - taken.length)];
      left -= line.length + 1;
      taken.push(line);
    }
    return taken;
  };
  const rows = takeWhole(
    result.arms.map((arm) => armRow(arm, result)),
    (n) => `| … ${n} more arms | | | | | |`,
  );
  const reasons = takeWhole(result.arms.map(sentence), (n) => `- … and ${n} more arms; report.html has all.`);
  const warnings = takeWhole(
    result.warnings.map(({ about, text }) => `> - **${escapeMarkdown(about)}**: ${escapeMarkdown(text)}`),
    (n) => `> - … and ${n} more warnings; report.html has all.`,
  );
  const tables = [
    ...cardTexts(result).map(triggerCard),
    ...(result.contrasts ? [contrastTable(result)] : []),
    ...(result.calibration ? [judgeTable(result.calibration)] : []),
    ...sensitivityLines(result).map(sensitivityTable),
  ].filter((text) => {
    const fits = text.length + 2 <= left - methods.length;
    if (fits) left -= text.length + 2;
    return fits;
  });
  return `${[
    head,
    [...table, ...rows].join('\n'),
    reasons.join('\n'),
    ...(warnings.length === 0 ? [] : [['> **Warnings**', '>', ...warnings].join('\n')]),
    ...tables,
    ...(result.spent ? [`Spent: ${escapeMarkdown(spentText(result.spent))}`] : []),
    ...(methods.length > left ? [] : [methods]),
    foot,
  ].join('\n\n')}\n`;
}

function triggerCard({ head, cue, lines, command, family, worst }: CardText): string {
  return [
    `**Trigger** ${escapeMarkdown(head)}`,
    '',
    ...[...cue, ...lines, command].map((line) => `- ${escapeMarkdown(line)}`),
    ...family.map(({ relation, text, rate }) => `- ${escapeMarkdown(`${relation}: ${rate}, ${text}`)}`),
    ...worst.map(({ question, answer }) => `- ${escapeMarkdown(`answer to ${question}: ${answer}`)}`),
  ].join('\n');
}

/** Differences that were stated before the run. */
function contrastTable(result: Result): string {
  const rows = contrastLines(result).map(
    ({ says, rates, difference, agreement }) =>
      `| ${[says, rates, difference, agreement].map(escapeMarkdown).join(' | ')} |`,
  );
  return ['| expected | rates | difference | holds |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function sensitivityTable({ head, changes, rows }: SensitivityTable): string {
  return [
    `<details${changes ? ' open' : ''}><summary>${escapeMarkdown(head)}</summary>`,
    '',
    '| judged by | arm | verdict | rates |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ title, arm, verdict, rates }) =>
        `| ${escapeMarkdown(title)} | ${code(arm)} | ${escapeMarkdown(verdict)} | ${escapeMarkdown(rates)} |`,
    ),
    '',
    '</details>',
  ].join('\n');
}

/** The judges against labels of people. */
function judgeTable(calibration: Calibration): string {
  const rows = calibrationRows(calibration).map((row) => `| ${row.map(escapeMarkdown).join(' | ')} |`);
  return [
    '<details><summary>The judge against labels of people</summary>',
    '',
    '| | share | right of labelled | bounds divided by |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '</details>',
  ].join('\n');
}

function armRow(arm: ArmResult, result: Result): string {
  const rows = rowsOf(arm);
  const cues = rows.filter((row) => row.result !== null);
  const strongest = cues.toSorted((a, b) => strength(b) - strength(a))[0];
  const claimed = cues.filter((row) => row.result?.effect.claimed).map((row) => code(row.cue));
  return `| ${[
    code(arm.id),
    `${SHAPES[arm.verdict]} **${verdictText(arm, result)}**`,
    withBase(rows[0] as Row),
    strongest ? `${code(strongest.cue)} ${withBase(strongest)}` : '–',
    strongest?.result ? pointsWithRange(strongest.result.effect) : '–',
    claimed.length > 6
      ? `${claimed.slice(0, 6).join(', ')} and ${claimed.length - 6} more`
      : claimed.join(', ') || 'none',
  ].join(' | ')} |`;
}

/** Claimed cues first, then by the size of the effect. */
const strength = ({ result }: Row): number =>
  result === null ? -9 : (result.effect.claimed ? 3 : 0) + (result.effect.estimate ?? -3);

const withBase = ({ cell, base }: Row): string =>
  `${percent(cell.rate)} ${range(cell.interval)} n=${count(cell.eligible)} (${percent(base?.rate ?? null)})`.replace(
    '  ',
    ' ',
  );

function sentence(arm: ArmResult): string {
  const settle = arm.toSettle === null ? '' : ` To settle: ${escapeMarkdown(arm.toSettle)}`;
  const title = arm.title === undefined ? '' : ` (${escapeMarkdown(arm.title)})`;
  return `- ${code(arm.id)}${title}: ${escapeMarkdown(arm.reason)}${settle}`;
}

/** Ids are made of `[a-z0-9+@-]`; anything else loses what could end a code span or a table cell. */
export const code = (id: string): string => `\`${cut(printableLine(id)).replace(/[`|<>&\\]/g, '?') || '?'}\``;

const cut = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT).toWellFormed()}…` : text;

/**
 * Text in which Markdown, HTML, mentions, references and links do nothing. A backslash does not stop a mention
 * or a bare link, so a zero width space stands behind what begins one.
 */
export function escapeMarkdown(text: string): string {
  return cut(printableLine(text))
    .replace(/[\\`*_{}[\]|~!^$]/g, (c) => `\\${c}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@|#(?=\d)|\b(?:www(?=\.)|gh(?=-\d))|:(?=\/\/)/gi, (c) => `${c}&#8203;`)
    .replace(/^[-+#=]/, (c) => `\\${c}`)
    .replace(/^\d+(?=[.)](?:\s|$))/, (c) => `${c}&#8203;`);
}
