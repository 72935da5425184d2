import { environmentVariable, variablesOf } from '../models/openai/keys.js';
import { TINKER_KEY } from '../models/tinker/key.js';
import { announcedEnds } from '../plan/ends.js';
import { knownProviders, servedRefs } from '../plan/providers.js';
import type { Provider } from '../records/provider.js';
import type { Spec } from '../records/spec.js';
import type { Check } from './check.js';

/** Which keys of known providers are set: names of variables, never a value. */
export function checkKeys(): Check[] {
  const asked = Object.entries(knownProviders().all()).filter(
    ([, provider]) => variablesOf(provider).length > 0,
  );
  return asked.map(([name, provider]) => ({ what: name, ok: true, found: keysOf(provider, []).join(', ') }));
}

/** The same for the providers of an audit, where a key that is missing counts, and what its models' providers announce. */
export function checkServed(spec: Spec, today: string): Check[] {
  const keys = Object.entries(spec.providers).map(([name, provider]) => {
    const found = keysOf(provider, [spec.folder]);
    const missing = variablesOf(provider).filter((name) => !environmentVariable(name, [spec.folder]));
    return {
      what: name,
      ok: missing.length === 0,
      found: found.join(', ') || 'needs no key',
      advice: `export ${missing.map((variable) => `${variable}=...`).join(' ')}, or write it into .env beside the audit file`,
    };
  });
  if (servedRefs(spec).some(({ engine }) => engine === 'tinker')) {
    const isSet = environmentVariable(TINKER_KEY, [spec.folder]) !== undefined;
    keys.push({
      what: 'tinker',
      ok: isSet,
      found: `${TINKER_KEY} is ${isSet ? 'set' : 'not set'}`,
      advice: `export ${TINKER_KEY}=..., or write it into .env beside the audit file`,
    });
  }
  const ends = announcedEnds(spec, today).map(
    ({ provider, over, text, advice }): Check => ({
      what: provider,
      ok: !over,
      warning: !over,
      found: text,
      advice,
    }),
  );
  return [...keys, ...ends];
}

const keysOf = (provider: Provider, folders: string[]): string[] =>
  variablesOf(provider).map((name) => `${name} is ${environmentVariable(name, folders) ? 'set' : 'not set'}`);
