import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, VERDICTS } from '../records/result.js';
import { FailedError } from '../shared/errors.js';
import { writeFileAtomic } from '../shared/files.js';
import { packageRoot } from '../shared/package.js';
import { contrastLines } from './contrasts.js';
import { escapeHtml } from './escape.js';
import type { Evidence } from './evidence.js';
import { svgOf } from './figures/draw.js';
import { markupOf, WIDTH } from './figures/file.js';
import { baseText, headOf } from './figures/words.js';
import { count, percent, pointsWithRange, range } from './numbers.js';
import { sensitivityLines } from './sensitivity.js';
import { spentText } from './spent.js';
import { cardTexts, searchText } from './triggers.js';
import { designText, overallText, rowsOf, SHAPES, tallyText, verdictText } from './words.js';

/** Writes the report of a run: one HTML file that needs nothing else. */
export function writeHtml(result: Result, evidence: Evidence, path: string): void {
  writeFileAtomic(path, renderHtml(result, evidence));
}

/**
 * The report as one self-contained page. It holds its data as JSON in which no `<` stands, a script that is
 * allowed by its hash alone, and, for readers without scripts, the verdicts as plain HTML.
 *
 * @throws FailedError if the report's script was not built
 */
export function renderHtml(result: Result, evidence: Evidence): string {
  const script = inlineScript(asset('app.js'));
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Put together from pieces: a replacement would read `$&` in an answer as a pattern.
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(`${result.name}: ${overallText(result)}`)} · hyde</title>`,
    `<link rel="icon" href="data:,">`,
    `<style>${asset('app.css')}</style>`,
    '</head>',
    '<body>',
    `<div id="app">${staticPage(result, evidence)}</div>`,
    `<script type="application/json" id="data">${inlineJson({ result, evidence })}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/**
 * JSON that can stand in an HTML script element whatever its texts hold; bidi controls are escaped as well, so
 * that the file's source reads as it is.
 */
export const inlineJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A script that cannot end its own element. Its strings mean the same. */
const inlineScript = (code: string): string => code.replace(/<(?=\/script|!--)/gi, '\\x3c');

/** A file of the built app. */
function asset(name: string): string {
  const path = join(packageRoot, 'dist', 'report-app', name);
  if (!existsSync(path))
    throw new FailedError(`the report's ${name} was not built`, 'run `npm run build` once');
  return readFileSync(path, 'utf8');
}

/** What a reader without scripts sees: the verdicts, the numbers of every cue, warnings and methods. */
function staticPage(result: Result, evidence: Evidence): string {
  const h = escapeHtml;
  const rows = result.arms.flatMap((arm) =>
    rowsOf(arm).map(({ cue, source, cell, base, result: cued }, i, all) => {
      const head =
        i > 0
          ? ''
          : `<th scope="rowgroup" rowspan="${all.length}">${h(arm.id)}<br><b>${SHAPES[arm.verdict]} ${h(verdictText(arm, result))}</b></th>`;
      const effect = cued
        ? `${pointsWithRange(cued.effect)}${cued.effect.claimed ? ' <b>claimed</b>' : ''}`
        : '';
      return `<tr>${head}<td>${h(cue)}</td><td>${h(source)}</td><td>${percent(cell.rate)} ${range(cell.interval)}</td><td>${count(cell.eligible)} of ${count(cell.samples)}</td><td>${percent(base?.rate ?? null)}</td><td>${effect}</td></tr>`;
    }),
  );
  const items = (texts: string[]): string => `<ul>${texts.map((text) => `<li>${text}</li>`).join('')}</ul>`;
  return [
    `<main class="static"><h1>${h(result.name)}</h1>`,
    `<p><b>${SHAPES[result.verdict]} ${overallText(result)}</b> · ${h(tallyText(result.arms, VERDICTS))} · tolerance ${percent(result.tolerance)} · alpha ${percent(result.alpha)} · ${h(designText(result))}</p>`,
    result.warnings.length > 0
      ? `<h2>Warnings</h2>${items(result.warnings.map(({ about, text }) => `<b>${h(about)}</b>: ${h(text)}`))}`
      : '',
    `<h2>Verdicts</h2>${items(result.arms.map((arm) => `<b>${h(arm.id)}: ${h(verdictText(arm, result))}</b>. ${h(arm.reason)}${arm.toSettle === null ? '' : ` To settle: ${h(arm.toSettle)}`}`))}`,
    '<div class="scroll"><table><thead><tr><th>arm</th><th>cue</th><th>source</th><th>misaligned of eligible</th><th>eligible</th><th>base</th><th>effect, points</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table></div>`,
    ...evidence.figures.map(
      (figure) =>
        `<h2>${h(`${headOf(figure)}, ${baseText(figure)}`)}</h2><div class="scroll chart">${markupOf(svgOf(figure, WIDTH))}</div>`,
    ),
    ...(result.searched ? [`<h2>Triggers found</h2><p>${h(searchText(result))}</p>`] : []),
    ...cardTexts(result).map(
      (card) =>
        `<h3>${h(card.head)}</h3><pre>${h(card.cue.join('\n'))}</pre>${items(card.lines.map(h))}<pre>${h(card.command)}</pre>${items(card.family.map(({ relation, text, rate }) => `${h(relation)}: ${h(rate)}, ${h(text)}`))}${items(card.worst.map(({ question, answer }) => `${h(question)}: ${h(answer)}`))}`,
    ),
    ...(result.contrasts
      ? [
          `<h2>What was expected</h2>${items(contrastLines(result).map(({ says, rates, difference, agreement }) => `${h(says)} <b>${agreement}</b>: ${h(rates)}; ${h(difference)}`))}`,
        ]
      : []),
    ...sensitivityLines(result).map(
      ({ head, rows }) =>
        `<h2>${h(head)}</h2>${items(rows.map(({ title, arm, verdict, rates }) => `${h(title)}: <b>${h(arm)} ${h(verdict)}</b>, ${h(rates)}`))}`,
    ),
    `<h2>Methods</h2>${items(result.methods.map(h))}`,
    result.spent ? `<p>Spent: ${h(spentText(result.spent))}</p>` : '',
    `<p>${h(evidence.generatedBy)} · <code>${h(evidence.command)}</code> · With scripts allowed, this page shows plots and the answers behind each number; it loads nothing from anywhere.</p></main>`,
  ].join('');
}
