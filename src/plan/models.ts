import { ENGINES } from '../models/engine.js';
import type { AuditFile } from '../records/audit.js';
import { BASE } from '../records/ids.js';
import type { BaseSpec, ModelRef } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { didYouMean } from '../shared/nearest.js';
import { knownProviders, type Providers } from './providers.js';
import type { Located } from './yaml.js';

/**
 * Splits `engine/model`; the engine may be a provider. The model's own name may hold slashes, and names no home
 * directory: `~` stands for it.
 */
export function modelRef(
  name: string,
  fail: (message: string, hint?: string) => never,
  providers: Providers = knownProviders(),
): ModelRef {
  const slash = name.indexOf('/');
  const engine = name.slice(0, Math.max(slash, 0));
  if (slash < 1 || slash === name.length - 1) {
    return fail(`'${name}' is no model name`, 'write engine/model, e.g. local/smollm2-135m-instruct');
  }
  if (!ENGINES.includes(engine) && !providers.find(engine)) {
    const known = [...ENGINES, ...Object.keys(providers.all())];
    return fail(`no engine or provider is called '${engine}'`, didYouMean(engine, known));
  }
  return { engine, model: withoutHome(name.slice(slash + 1)) };
}

/** The bases of an audit by the user's name for them, and the id that results use; none where only served models are asked. */
export function resolveBases(audit: Located<AuditFile>, providers: Providers): Map<string, BaseSpec> {
  const entries = Object.entries(audit.value.models);
  return new Map(
    entries.map(([name, model]) => {
      const fail = (message: string, hint?: string): never => {
        throw new InputError(message, audit.place(['models', name]), hint);
      };
      const ref = modelRef(model, fail, providers);
      return [name, { id: entries.length === 1 ? BASE : `${BASE}@${name}`, ref }];
    }),
  );
}
