import { environmentVariable, variablesOf } from '../models/openai/keys.js';
import { knownProviders, servedRefs } from '../plan/providers.js';
import { type Provider, shutdownOf } from '../records/provider.js';
import type { Spec } from '../records/spec.js';
import type { Check } from './check.js';

/** Which keys of known providers are set: names of variables, never a value. */
export function checkKeys(): Check[] {
  const asked = Object.entries(knownProviders()).filter(([, provider]) => variablesOf(provider).length > 0);
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
  const models = servedRefs(spec).flatMap(({ engine, model }): Check[] => {
    const provider = spec.providers[engine];
    const end = provider && shutdownOf(provider, model);
    if (!end) return [];
    const over = end.date <= today;
    return [
      {
        what: engine,
        ok: !over,
        warning: !over,
        found: `${model} ${over ? 'was' : 'is'} switched off on ${end.date}`,
        advice: end.instead ? `${end.instead} works instead` : 'plan with another model',
      },
    ];
  });
  return [...keys, ...models];
}

const keysOf = (provider: Provider, folders: string[]): string[] =>
  variablesOf(provider).map((name) => `${name} is ${environmentVariable(name, folders) ? 'set' : 'not set'}`);
