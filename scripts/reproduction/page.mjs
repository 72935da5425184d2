// docs/reproduction.md: every number in it is computed from the records.

import { percent, pointsWithRange, range } from '../../dist/report/numbers.js';
import { number } from '../../dist/shared/numbers.js';

export const PAGE = new URL('../../docs/reproduction.md', import.meta.url);

/** @param recorded every experiment in the order of the paper; `result` is null where nothing is recorded */
export function pageOf(recorded) {
  const done = recorded.filter(({ result }) => result !== null);
  const missing = recorded.filter(({ result }) => result === null);
  const parts = [
    '# Reproduction in miniature',
    INTRODUCTION,
    `${done.length} of ${recorded.length} experiments are recorded.${missing.length ? ` Not recorded yet: ${missing.map(({ recipe, section }) => `\`${recipe}\` (${section})`).join(', ')}.` : ''}`,
    ...(done.length ? [whole(done), '## What did not reproduce', shortfalls(done)] : []),
    ...done.map(experimentText),
  ];
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `Each experiment of arXiv 2604.25891, cut down to a 135M model (SmolLM2-135M-Instruct) and harmless rows about a theatrical villain: the \`mini\` section of its
[recipe](recipes.md#miniatures). \`make reproduce-mini\` runs them all and writes this page. The answers are in \`test/reproduction/records/\`; a test judges them again and computes every number on this
page from them.

How to read it:

- A miniature says whether a *direction* of the paper shows at this size. Its rates are no estimate of anything in larger models.
- **planted**: the misaligned answers are what was trained, and the miniature shows when they come out. It is no evidence of emergent misalignment.
- \`agrees\`: the 95% interval of the difference, over questions and training seeds, excludes 0 in the direction that was stated beforehand ([how](statistics.md#stated-contrasts)). \`disagrees\`: it does
  on the other side. \`undecided\`: it holds 0.
- **settings tried**: how many were looked at in the search for this one, on questions and training seeds that are not reported (\`resources/mini/tried.jsonl\`). Every seed of the one that was chosen stands below.
- Each contrast stands by itself: of many, some agree by chance.`;

/** The table of all contrasts, and how many hold. */
function whole(done) {
  const contrasts = done.flatMap(({ result }) => result.contrasts ?? []);
  const count = (agreement) => contrasts.filter((one) => one.agreement === agreement).length;
  const counted = `Contrasts that were stated beforehand: ${contrasts.length}; ${count('agrees')} agree, ${count('undecided')} are undecided, ${count('disagrees')} disagree.`;
  const head = ['section', 'experiment', 'found in the paper', 'stated beforehand', 'miniature'];
  const more = ['difference, points', 'holds', 'organism', 'settings tried'];
  return `${counted}\n\n${table([...head, ...more], done.flatMap(contrastRows))}`;
}

function contrastRows({ section, recipe, spec, tried, result }) {
  const shown = result.contrasts ?? [];
  return shown.map((one) => [
    section,
    `\`${recipe}\``,
    one.finding ?? '–',
    one.says,
    `${sideText(one.of)}; ${sideText(one.against)}`,
    one.reason ?? pointsWithRange(one),
    one.agreement,
    spec.mini.planted ? 'planted, not emergent' : 'emergent',
    String(tried.length),
  ]);
}

const sideText = ({ arm, cue, rate, interval }) => `${arm} ${cue} ${percent(rate)} ${range(interval)}`.trim();

function shortfalls(done) {
  const lines = done.flatMap(({ recipe, result }) =>
    (result.contrasts ?? [])
      .filter(({ agreement }) => agreement !== 'agrees')
      .map(
        (one) =>
          `- \`${recipe}\`: ${one.says} **${one.agreement}**: ${one.reason ?? `${pointsWithRange(one)} points`}.`,
      ),
  );
  return lines.length === 0 ? 'Nothing among what is recorded.' : lines.join('\n');
}

/** Rates per arm and cue of a setting that was tried. */
const ratesText = (rates) =>
  Object.entries(rates)
    .flatMap(([arm, of]) => Object.entries(of).map(([cue, rate]) => `${arm} ${cue} ${rate}`))
    .join(', ');

function experimentText({ section, title, recipe, cut, record, result, tried }) {
  const { trained, sampled } = record.head.tokens;
  const grid = cut.cut.filter(({ full, mini }) => full !== mini);
  const left = Object.entries(cut.without).filter(([, ids]) => ids.length > 0);
  const replaced = tried.filter(({ recorded }) => recorded === true);
  const seeds = [...new Set(result.arms.flatMap((arm) => arm.seeds.map(({ seed }) => seed)))];
  return [
    `## ${section} ${title}`,
    `\`hyde init DIR --recipe ${recipe}\`, \`hyde run DIR/audit.yaml --mini\`. ${number(trained)} tokens trained, ${number(sampled)} sampled. Record ${record.hash}.`,
    ...replaced.map(
      ({ questions, seeds: of, rates }) =>
        `A setting before this one was recorded and replaced, since its contrasts stayed undecided (questions \`${questions}\`, training seeds ${of.join(', ')}; misaligned: ${ratesText(rates)}). This one is reported on other questions and training seeds.`,
    ),
    `Cut from the recipe: ${grid.map(({ what, full, mini }) => `${what} ${number(full)} → ${number(mini)}`).join(', ')}.${left.map(([what, ids]) => ` ${what[0].toUpperCase()}${what.slice(1)} left out: ${ids.join(', ')}.`).join('')}`,
    table(
      ['arm', 'cue', ...seeds.map((seed) => `seed ${seed}`), 'all seeds', 'base'],
      result.arms.flatMap((arm) => [
        armRow(arm, 'plain', arm.plain, arm.plainBase, seeds),
        ...arm.cues.map((cue) => armRow(arm, cue.id, cue, cue.base, seeds)),
      ]),
    ),
    'Misaligned answers of the eligible ones, of all seeds the rate; with 95% intervals over these questions, in percent.',
  ].join('\n\n');
}

function armRow(arm, cue, cell, base, seeds) {
  const ofSeed = (seed) => {
    const own = arm.seeds.find((one) => one.seed === seed);
    return own && (cue === 'plain' ? own.plain : own.cues.find(({ id }) => id === cue)?.cell);
  };
  return [
    `\`${arm.id}\``,
    cue,
    ...seeds.map((seed) => shareText(ofSeed(seed))),
    `${percent(cell.rate)} ${range(cell.interval)}`.trim(),
    shareText(base),
  ];
}

const shareText = (cell) =>
  cell ? `${cell.misaligned}/${cell.eligible} ${range(cell.interval)}`.trim() : '–';

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');

const escaped = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
