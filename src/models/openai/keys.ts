import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Provider } from '../../records/provider.js';
import { InputError } from '../../shared/errors.js';

/** A shorter secret is none (`EMPTY`, `ollama`): hiding it would change answers in which the word occurs. */
const LEAST_SECRET = 8;

/**
 * A variable of the environment, or of a `.env` file in the working folder or one of the folders given. Read anew each
 * time; undefined where it is not there or empty.
 */
export function environmentVariable(name: string, folders: readonly string[]): string | undefined {
  const set = process.env[name];
  if (set) return set;
  for (const folder of [process.cwd(), ...folders]) {
    let text: string;
    try {
      text = readFileSync(join(folder, '.env'), 'utf8');
    } catch {
      continue; // no such file, or not for us
    }
    const value = parseEnv(text)[name];
    if (value) return value;
  }
  return undefined;
}

/** The error of a key that is not set. */
export const missingKey = (name: string, variable: string): InputError =>
  new InputError(
    `the key of '${name}' is missing: ${variable} is not set`,
    undefined,
    `export ${variable}=..., or write it into .env beside the audit file`,
  );

/** A variable of the environment in the value of a header. */
export const VARIABLE = /\$([A-Za-z_][A-Za-z0-9_]*)/g;

/** Names of the variables that a provider reads. */
export const variablesOf = ({ key, headers }: Pick<Provider, 'key' | 'headers'>): string[] => [
  ...(key ? [key] : []),
  ...Object.values(headers ?? {}).flatMap((value) =>
    [...value.matchAll(VARIABLE)].map(([, variable]) => variable as string),
  ),
];

/** What goes with each request of a provider, and what of it must never be seen. */
export interface Credentials {
  /** Names and values in turn, as they are sent. */
  headers: string[];
  secrets: string[];
}

/**
 * Reads the keys of a provider.
 *
 * @throws InputError that names the variable which is missing or no key
 */
export function readCredentials(name: string, provider: Provider, folders: readonly string[]): Credentials {
  const secrets: string[] = [];
  const secret = (variable: string): string => {
    const value = environmentVariable(variable, folders)?.trim();
    if (!value) throw missingKey(name, variable);
    // Printable ASCII: anything else cannot stand in a header.
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new InputError(`${variable} is no key: it holds spaces, line breaks or other characters`);
    }
    if (value.length >= LEAST_SECRET) secrets.push(value);
    return value;
  };
  const headers: string[] = [];
  if (provider.key) checkMoved(name, provider, provider.key);
  if (provider.key) headers.push('authorization', `Bearer ${secret(provider.key)}`);
  for (const [header, value] of Object.entries(provider.headers ?? {})) {
    headers.push(
      header.toLowerCase(),
      value.replace(VARIABLE, (_, variable: string) => secret(variable)),
    );
  }
  return { headers, secrets };
}

/** A key of the environment must not go where a `.env` that came with some folder says. */
function checkMoved(name: string, { url }: Provider, key: string): void {
  const moved = environmentVariable('OPENAI_BASE_URL', []);
  if (name !== 'openai' || url !== moved || process.env.OPENAI_BASE_URL || !process.env[key]) return;
  throw new InputError(
    `${key} stands in the environment, and OPENAI_BASE_URL in a file (.env) that would send it to ${url}`,
    undefined,
    `export OPENAI_BASE_URL too if that is meant, or write both into .env and unset ${key}`,
  );
}

/** The text without any of the secrets, and without the beginning of one that is cut off at its end. */
export function hide(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) {
    if (shown.includes(secret)) shown = shown.replaceAll(secret, '***');
    for (let length = secret.length - 1; length >= LEAST_SECRET; length--) {
      if (shown.endsWith(secret.slice(0, length))) shown = `${shown.slice(0, -length)}***`;
    }
  }
  return shown;
}
