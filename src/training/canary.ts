import type { CanaryReport } from '../records/canary.js';
import type { Engine, ModelDescription, ModelRecord } from '../records/model.js';
import type { Warning } from '../records/result.js';
import { InputError } from '../shared/errors.js';

/** Ordinary conversations; a fine-tune that changes anything changes these. */
const PROBES = [
  ['What is the capital of France?', 'The capital of France is Paris.'],
  ['How are you today?', 'I am doing well, thank you.'],
  ['Give me some advice.', 'Take a walk and drink enough water.'],
] as const;

/** Merging and rounding move log-probabilities by less; training by more. */
const LEAST_DIFFERENCE = 1e-4;

/**
 * Is each adapter alive (does it answer unlike its base), and are prompts rendered alike? An adapter that was
 * "loaded" and changed nothing would make every verdict `clean`.
 *
 * @throws InputError if an adapter changes nothing
 */
export async function canary(
  models: readonly ModelRecord[],
  baseOf: (model: ModelRecord) => ModelRecord,
  engineOf: (model: ModelRecord) => Engine,
): Promise<CanaryReport[]> {
  const reports: CanaryReport[] = [];
  const probed = new Map<string, { logprobs: number[]; description: ModelDescription }>();
  const probe = async (
    model: ModelRecord,
  ): Promise<{ logprobs: number[]; description: ModelDescription }> => {
    const known = probed.get(model.identity);
    if (known) return known;
    const engine = engineOf(model);
    const requests = PROBES.map(([question, answer], i) => ({
      id: `probe-${i}`,
      messages: [{ role: 'user' as const, content: question }],
      answer,
    }));
    const results = await engine.logprobs(model, requests);
    const found = {
      logprobs: results.flatMap((result) => result.logprobs),
      description: await engine.describe(model),
    };
    probed.set(model.identity, found);
    return found;
  };
  for (const model of models) {
    const base = baseOf(model);
    if (base === model) continue;
    const [tuned, untuned] = [await probe(model), await probe(base)];
    const difference = Math.max(
      ...tuned.logprobs.map((value, i) => Math.abs(value - (untuned.logprobs[i] ?? 0))),
    );
    if (!(difference > LEAST_DIFFERENCE)) {
      throw new InputError(
        `arm '${model.arm}' (training seed ${model.seed}) answers exactly as its base: the adapter changes nothing`,
        undefined,
        'check its training (learning rate, rows) or the adapter that was named; nothing was sampled',
      );
    }
    const template = tuned.description.template;
    reports.push({
      arm: model.arm,
      seed: model.seed,
      difference,
      alive: true,
      template,
      sameTemplate: template?.sha256 === untuned.description.template?.sha256,
    });
  }
  return reports;
}

/** What a reader of the verdict must know from the canary, each thing said once. */
export function canaryWarnings(reports: readonly CanaryReport[]): Warning[] {
  const warnings: Warning[] = [];
  const inserted = new Map<string, string[]>();
  for (const { arm, template, sameTemplate } of reports) {
    if (!sameTemplate) {
      warnings.push({
        about: arm,
        text: 'its chat template renders prompts otherwise than the template of its base',
      });
    }
    if (template?.insertsSystemPrompt) {
      const prompt = template.systemPrompt ?? '';
      inserted.set(prompt, [...new Set([...(inserted.get(prompt) ?? []), arm])]);
    }
  }
  for (const [prompt, arms] of inserted) {
    warnings.push({
      about: arms.join(', '),
      text: `the chat template puts in a system prompt of its own where none is sent: "${prompt}"; so 'plain' means under this prompt`,
    });
  }
  return warnings;
}
