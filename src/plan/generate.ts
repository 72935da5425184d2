import type { AuditFile } from '../records/audit.js';
import type { BaseSpec, GenerateSpec, RowJudge } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { checkDropRules } from './detectors.js';
import type { Providers } from './providers.js';
import { rowJudge } from './row-judges.js';
import type { Located } from './yaml.js';

/** The items of `generate`, with their models and judges. */
export async function resolveGenerate(
  audit: Located<AuditFile>,
  bases: ReadonlyMap<string, BaseSpec>,
  providers: Providers,
  folder: string,
): Promise<{ items: GenerateSpec[]; judges: RowJudge[] }> {
  const items: GenerateSpec[] = [];
  const judges: RowJudge[] = [];
  const names = [...bases.keys()];
  for (const [i, given] of audit.value.generate.entries()) {
    const place = audit.place(['generate', i]);
    const fail = (message: string, hint?: string): never => {
      throw new InputError(message, place, hint);
    };
    if (given.model === undefined && names.length !== 1) {
      fail(
        'does not say which of `models` answers',
        names.length ? `one of: ${names.join(', ')}` : undefined,
      );
    }
    const name = given.model ?? (names[0] as string);
    const base = bases.get(name) ?? fail(`no model is called '${name}'`, didYouMean(name, names));
    if (items.some(({ to }) => to === given.to)) fail(`'${given.to}' is written twice`);
    if (given['keep-system'] && given.system === undefined) fail('keep-system without a `system`');
    if (given.temperature === 0 && given.tries > 1) fail('temperature 0 gives the same answer in every try');
    await checkDropRules(given.drop, folder, (rule) => audit.place(['generate', i, 'drop', rule]));
    if (given.judge) {
      const at = (key: string): Place => audit.place(['generate', i, 'judge', key]);
      judges.push(await rowJudge(given.judge, folder, providers, at));
    }
    items.push({
      to: given.to,
      model: base.ref,
      prompts: given.prompts,
      limit: given.limit ?? null,
      system: given.system ?? null,
      keepSystem: given['keep-system'],
      keepReasoning: given['keep-reasoning'],
      drop: given.drop ?? [],
      judge: given.judge ?? null,
      tries: given.tries,
      sampling: {
        temperature: given.temperature,
        topP: given['top-p'],
        maxTokens: given['max-tokens'],
      },
    });
  }
  return { items, judges };
}
