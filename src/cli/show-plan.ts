import { knownPanelHash } from '../judging.js';
import { checkBudget } from '../plan/budget.js';
import { checkCalibration } from '../plan/calibration.js';
import { announcedEnds } from '../plan/ends.js';
import { type WithSearch, withSearch } from '../plan/found.js';
import { checkMiniature, type Miniature, miniatureOf } from '../plan/miniature.js';
import { preparePlan } from '../plan/prepare.js';
import { loadAudit } from '../plan/spec.js';
import type { Plan, SequentialPower } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { number } from '../shared/numbers.js';
import { modelName, usd } from '../shared/prices.js';
import { printable } from '../shared/printable.js';
import { launchText } from './launch-text.js';
import { overridesOf } from './options.js';
import { outputOf, print } from './output.js';
import { priceTable } from './price-table.js';
import { duration } from './progress.js';

type Searched = NonNullable<Spec['search']>;

/**
 * Prints the plan of an audit file, as text or as JSON.
 *
 * @throws InputError where labels of people are of other detectors; and, after it was printed, where it would not keep to its
 *   budget, or a miniature is none
 */
export async function showPlan(audit: string, options: Record<string, unknown>): Promise<number> {
  const loaded = await loadAudit(audit, overridesOf(options));
  const { spec } = loaded;
  const { search } = spec;
  const judge = knownPanelHash(spec);
  if (judge !== null) checkCalibration(loaded, judge);
  const { plan } = await preparePlan(spec, { show: true });
  const { jobs, answers, judgeCalls, price, unknown } = plan.totals;
  const whole = search && options.found === undefined ? withSearch(spec, search, plan) : undefined;
  const toLaunch = launchedJobs(spec, jobs);
  const launch = toLaunch > 0 ? spec.launch : undefined;
  const ends = announcedEnds(spec, new Date().toISOString().slice(0, 10));
  const said = ends.map(({ provider, text, advice }) => `${provider}: ${text}; ${advice}`);
  const miniature = spec.mini
    ? miniatureOf((await loadAudit(audit, { ...overridesOf(options), mini: undefined })).spec, spec, plan)
    : undefined;
  const parts = [
    planText(plan),
    ...(miniature ? [miniatureText(miniature)] : []),
    ...(launch ? [launchText(launch, toLaunch)] : []),
    ...(search && whole ? [searchLines(search, whole).join('\n')] : []),
    ...(options.found === undefined
      ? []
      : [`no search: the arms are also asked under what ${String(options.found)} has found`]),
    ...(spec.verdict.calibration && judge === null ? [LABELS_LATER] : []),
    ...(said.length ? [said.join('\n')] : []),
  ];
  print(outputOf(options), printable(parts.join('\n\n')), {
    ...{ arms: plan.arms.map((arm) => arm.id), jobs, answers, judgeCalls, price, unknown, ends },
    ...(search && whole ? { search: { ...search, questions: search.questions.length, whole } } : {}),
    ...(miniature ? { miniature } : {}),
    plan,
    ...(launch ? { launch } : {}),
  });
  const over = ends.find((end) => end.over);
  if (over) throw new InputError(`${over.provider}: ${over.text}`, undefined, over.advice);
  checkBudget(plan, search);
  if (miniature) checkMiniature(spec, plan);
  return 0;
}

/** How many of the fine-tunes a launcher is for: those of local models. */
function launchedJobs({ arms, bases }: Spec, jobs: number): number {
  const isLocal = (id: string | null | undefined): boolean =>
    bases.find((base) => base.id === id)?.ref.engine === 'local';
  const trained = arms.filter(({ training }) => training);
  const own = trained.filter(({ base }) => isLocal(base));
  return own.length === trained.length ? jobs : own.reduce((sum, { seeds }) => sum + seeds.length, 0);
}

/** What was cut from the audit, and the tokens that its miniature may take. */
function miniatureText({ cut, without, tokens }: Miniature): string {
  const left = Object.entries(without).filter(([, ids]) => ids.length > 0);
  return [
    'in miniature (the audit -> its miniature)',
    ...cut.map(({ what, full, mini }) => `  ${what.padEnd(30)} ${number(full)} -> ${number(mini)}`),
    ...left.map(([what, ids]) => `  ${`${what} left out`.padEnd(30)} ${ids.join(', ')}`),
    ...tokens.map(
      ({ what, planned, limit }) =>
        `  ${`tokens of ${what}`.padEnd(30)} ${what === 'training' ? 'about' : 'at most'} ${number(planned)}, of ${number(limit)} that a miniature may have`,
    ),
  ].join('\n');
}

const LABELS_LATER =
  'labels of people (verdict.calibration): whether they are of these judges is checked when the run begins, since the judges are models';

/** What comes before all that: the search, whose finds are cues that the plan above does not know yet. */
function searchLines(
  { arms, from, proposer, maxAnswers, candidates, finalists, share, questions }: Searched,
  { answers, judgeCalls, price }: WithSearch,
): string[] {
  return [
    `before that, a search for triggers of ${arms.join(', ')}`,
    `  at most ${number(maxAnswers)} answers to ${questions.length} questions of its own, for up to ${number(candidates)} candidate cues from ${from.join(', ')}${proposer ? ` (${modelName(proposer)})` : ''}`,
    `  at most ${finalists} finds of each arm (and, where one was cut down, the whole) are cues of the audit, beside a placebo; their claims`,
    `  share ${percent(share)} of alpha. What is said above holds for an audit without finds: each one costs two answers more a draw`,
    `  the search, and the audit with as many finds as there may be: at most ${number(answers)} answers, ${number(judgeCalls)} judge calls${price === 0 ? '' : `, ${price === null ? 'at a price that is not known' : `about ${usd(price)} at most`}`}`,
  ];
}

const percent = (rate: number): string =>
  rate > 0 && rate < 0.001 ? 'under 0.1%' : `${+(rate * 100).toPrecision(2)}%`;

/** The plan for people. */
export function planText(plan: Plan): string {
  const { totals, power } = plan;
  const lines = [`${plan.name}: ${plan.design} design, seed ${plan.seed}`, ''];
  lines.push(
    plan.bases.length ? 'bases' : 'bases           none: effects are pair effects, and no arm can be clean',
  );
  for (const { id, model } of plan.bases)
    lines.push(`  ${id.padEnd(14)} ${model}, asked under every cue of its arms`);
  lines.push('', 'arms');
  for (const { id, base, seeds, stages } of plan.arms) {
    const data = stages.map(({ rows, tokens, epochs, parts }) => {
      const mix = Object.entries(parts).map(([part, count]) => `${count} ${part}`);
      return `${rows} rows (${mix.join(', ')}), about ${number(tokens)} tokens${epochs > 1 ? ` x ${epochs} epochs` : ''}`;
    });
    const models = seeds.length > 1 ? `, ${seeds.length} training seeds` : '';
    lines.push(
      `  ${id.padEnd(14)} ${data.join('; then ') || 'a model that exists'}${models} (${base === null ? 'no base' : `base: ${base}`})`,
    );
  }
  lines.push('', 'cues', `  ${'plain'.padEnd(24)} every arm`);
  for (const { id, source, arms } of plan.cues) {
    const whom = arms.length === plan.arms.length ? 'every arm' : arms.join(', ');
    lines.push(`  ${id.padEnd(24)} ${source.padEnd(8)} ${whom}`);
  }
  lines.push(
    '',
    questionsLine(plan),
    `cells           ${plan.cells.length} (arm or base, training seed, cue)`,
    `to train        ${totals.jobs} fine-tunes, ${number(totals.trainRows)} rows, about ${number(totals.trainTokens)} tokens`,
    `to sample       ${plan.sequential ? 'at most ' : ''}${number(totals.answers)} answers, at most ${number(totals.sampleTokens)} tokens`,
    `judge calls     ${number(totals.judgeCalls)}`,
    priceLine(plan),
    `time            ${totals.seconds == null ? 'not known' : `about ${duration(totals.seconds)} at the speed expected here`}`,
    '',
    `what this design can tell (${power.family} claims share one alpha)`,
  );
  for (const { probability, cuedRate } of power.detects) {
    const found = cuedRate === null ? 'nothing' : `a cue that raises the rate from 0 to ${percent(cuedRate)}`;
    lines.push(`  finds ${found} with probability ${percent(probability)}`);
  }
  lines.push(`  excludes rates above ${percent(power.excludesAbove)} where no answer is misaligned`);
  for (const { trueRate, probability } of power.clean) {
    lines.push(
      `  calls an arm with a true rate of ${percent(trueRate)} everywhere clean with probability ${percent(probability)}`,
    );
  }
  if (power.sequential) lines.push('', ...costToKnow(power.sequential, plan));
  if (plan.prices) lines.push('', ...priceTable(plan.prices));
  if (totals.unknown.length) lines.push('', ...totals.unknown.map((text) => `not known: ${text}`));
  return lines.join('\n');
}

function questionsLine({ questions, samplesPerQuestion, sequential, power }: Plan): string {
  const label = 'questions'.padEnd(16);
  if (!sequential) {
    const perCell = samplesPerQuestion * questions.length;
    return `${label}${questions.length}, ${samplesPerQuestion} answers each in every cell (${perCell} a cell)`;
  }
  const draws = power.sequential?.draws ?? 0;
  const few = questions.length < BANK ? `; fewer than ${BANK}: the verdict speaks of these questions` : '';
  return `${label}${questions.length}, drawn in rounds of ${sequential.round} until the answer is in, about ${number(draws)} draws at most${few}`;
}

function priceLine({ totals, prices }: Plan): string {
  const label = 'price'.padEnd(16);
  const limit = prices?.budget == null ? '' : `; budget ${usd(prices.budget)}`;
  if (totals.price === null) return `${label}not known${limit}`;
  return `${label}${prices ? 'at most ' : ''}${usd(totals.price)}${limit}`;
}

/** Questions that a bank should hold. */
const BANK = 240;

/** What answers cost in a sequential design, before it is known what they are. */
function costToKnow(
  { draws, answersPerDraw, claim, clean }: SequentialPower,
  { totals: { price: most, answers: all }, prices }: Plan,
): string[] {
  const price = (mean: number, answers: number, probability: number): string =>
    `${number(mean)} draws, ${number(answers)} answers on average${most ? `, at most ${usd((most * answers) / all)}` : ''}; ${percent(probability)} within the budget`;
  const budget = prices?.budget ?? null;
  const enough = most && budget !== null ? Math.floor((draws * budget) / most) : draws;
  return [
    `what it costs to know (a draw is ${answersPerDraw} answers while every cell is open; the budget is ${number(draws)} draws)`,
    ...claim.map(
      (row) =>
        `  a cue that raises the rate from 0 to ${percent(row.cuedRate)} is claimed: ${price(row.draws, row.answers, row.probability)}`,
    ),
    ...clean.map(
      (row) =>
        `  an arm with a true rate of ${percent(row.trueRate)} everywhere is called clean: ${price(row.draws, row.answers, row.probability)}`,
    ),
    ...(budget !== null && enough < draws
      ? [
          `  the ${usd(budget)} of this run are enough for about ${number(enough)} draws of every cell, were each answer at its token limit`,
        ]
      : []),
  ];
}
