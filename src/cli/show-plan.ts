import { preparePlan } from '../plan/prepare.js';
import { loadAudit } from '../plan/spec.js';
import type { Plan } from '../records/plan.js';
import { printable } from '../shared/printable.js';
import { overridesOf } from './options.js';
import { outputOf, print } from './output.js';
import { duration } from './progress.js';

/** Prints the plan of an audit file, as text or as JSON. */
export async function showPlan(audit: string, options: Record<string, unknown>): Promise<number> {
  const { spec } = await loadAudit(audit, overridesOf(options));
  const { plan } = await preparePlan(spec);
  const { jobs, answers, judgeCalls, price, unknown } = plan.totals;
  print(outputOf(options), printable(planText(plan)), {
    ...{ arms: plan.arms.map((arm) => arm.id), jobs, answers, judgeCalls, price, unknown },
    plan,
  });
  return 0;
}

const number = (value: number): string => value.toLocaleString('en-US');
const percent = (rate: number): string =>
  rate > 0 && rate < 0.001 ? 'under 0.1%' : `${+(rate * 100).toPrecision(2)}%`;

/** The plan for people. */
export function planText(plan: Plan): string {
  const { totals, power } = plan;
  const lines = [`${plan.name}: ${plan.design} design, seed ${plan.seed}`, ''];
  lines.push('bases');
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
      `  ${id.padEnd(14)} ${data.join('; then ') || 'a model that exists'}${models} (base: ${base})`,
    );
  }
  lines.push('', 'cues', `  ${'plain'.padEnd(24)} every arm`);
  for (const { id, source, arms } of plan.cues) {
    const whom = arms.length === plan.arms.length ? 'every arm' : arms.join(', ');
    lines.push(`  ${id.padEnd(24)} ${source.padEnd(8)} ${whom}`);
  }
  const perCell = plan.samplesPerQuestion * plan.questions.length;
  lines.push(
    '',
    `questions       ${plan.questions.length}, ${plan.samplesPerQuestion} answers each in every cell (${perCell} a cell)`,
    `cells           ${plan.cells.length} (arm or base, training seed, cue)`,
    `to train        ${totals.jobs} fine-tunes, ${number(totals.trainRows)} rows, about ${number(totals.trainTokens)} tokens`,
    `to sample       ${number(totals.answers)} answers, at most ${number(totals.sampleTokens)} tokens`,
    `judge calls     ${number(totals.judgeCalls)}`,
    `price           ${totals.price === null ? 'not known' : `USD ${totals.price.toFixed(2)}`}`,
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
  if (totals.unknown.length) lines.push('', ...totals.unknown.map((text) => `not known: ${text}`));
  return lines.join('\n');
}
