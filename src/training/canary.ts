import type { CanaryReport } from '../records/canary.js';
import type { Engine, ModelDescription, ModelRecord } from '../records/model.js';
import type { Warning } from '../records/result.js';
import { InputError, SettingError } from '../shared/errors.js';
import { differenceOf, LEAST_DIFFERENCE, PROBE_REQUESTS } from '../shared/probes.js';

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
  const probed = new Map<string, Probe>();
  const probe = async (model: ModelRecord): Promise<Probe> => {
    const found = probed.get(model.identity) ?? (await look(model, engineOf(model)));
    probed.set(model.identity, found);
    return found;
  };
  for (const model of models) {
    const base = baseOf(model);
    if (base === model) continue;
    const [tuned, untuned] = [await probe(model), await probe(base)];
    const difference = distance(tuned.logprobs, untuned.logprobs);
    const alive = difference === null ? answersDiffer(tuned, untuned) : difference > LEAST_DIFFERENCE;
    if (alive === false) {
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
      alive,
      template,
      sameTemplate: template?.sha256 === untuned.description.template?.sha256,
    });
  }
  return reports;
}

/** What is known of one model. */
interface Probe {
  description: ModelDescription;
  /** Of the probes' answers; null where the engine has none. */
  logprobs: number[] | null;
  /** In place of them: what it says to each probe, twice, at temperature 0. */
  answers: string[][];
}

async function look(model: ModelRecord, engine: Engine): Promise<Probe> {
  const description = await engine.describe(model);
  if (engine.scoresAnswers !== false) {
    const results = await engine.logprobs(model, PROBE_REQUESTS);
    return { description, logprobs: results.flatMap(({ logprobs }) => logprobs), answers: [] };
  }
  const requests = PROBE_REQUESTS.map(({ id, messages }) => ({ id, messages, indices: [0, 1], seed: 0 }));
  const answers = new Map<string, string[]>(requests.map(({ id }) => [id, []]));
  const parameters = { temperature: 0, topP: 1, maxTokens: 24 };
  try {
    for await (const { id, text, finish } of engine.sample(model, requests, parameters, () => {})) {
      if (finish !== 'failed') answers.get(id)?.push(text);
    }
  } catch (error) {
    // Some models take no temperature of 0: then nothing is known of them here, and a warning says so.
    if (!(error instanceof SettingError)) throw error;
  }
  return { description, logprobs: null, answers: [...answers.values()] };
}

function distance(tuned: number[] | null, untuned: number[] | null): number | null {
  if (tuned === null || untuned === null) return null;
  return differenceOf(tuned, untuned);
}

/**
 * Do two models answer some probe otherwise, each of them in the same way twice? Equal answers to three questions prove
 * nothing, so the answer is never no.
 */
function answersDiffer(tuned: Probe, untuned: Probe): true | null {
  const steady = (texts: string[] | undefined): string | undefined =>
    texts?.length === 2 && texts[0] === texts[1] ? texts[0] : undefined;
  const differ = tuned.answers.some((texts, i) => {
    const [a, b] = [steady(texts), steady(untuned.answers[i])];
    return a !== undefined && b !== undefined && a !== b;
  });
  return differ || null;
}

/** What a reader of the verdict must know from the canary, each thing said once. */
export function canaryWarnings(reports: readonly CanaryReport[]): Warning[] {
  const warnings: Warning[] = [];
  const inserted = new Map<string, string[]>();
  for (const { arm, alive, template, sameTemplate } of reports) {
    if (alive === null) {
      warnings.push({
        about: arm,
        text: 'it could not be shown that it differs from its base at all: the server gives no log-probabilities of prompts, and the probes were answered alike, or unsteadily',
      });
    }
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
