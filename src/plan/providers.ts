import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ENGINES } from '../models/engine.js';
import { environmentVariable, VARIABLE } from '../models/openai/keys.js';
import { addressesOf, type Provider, ProviderFile } from '../records/provider.js';
import { isModelJudge, type ModelRef, type Spec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { unreadable } from '../shared/jsonl.js';
import { resource } from '../shared/package.js';
import { parseYaml } from './yaml.js';

type ByName = Readonly<Record<string, Provider>>;

/** Providers by name; those that come with hyde are read where a name is none of the others. */
export class Providers {
  constructor(private readonly own: ByName) {}

  find(name: string): Provider | undefined {
    if (Object.hasOwn(this.own, name)) return this.own[name];
    if (ENGINES.includes(name)) return undefined;
    const known = shippedProviders();
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  all(): ByName {
    return { ...shippedProviders(), ...this.own };
  }
}

let shipped: ByName | undefined;

/** The providers that come with hyde. */
export function shippedProviders(): ByName {
  shipped ??= readProviders(resource('providers.yaml'));
  return shipped;
}

/** Where the user's own providers stand: `HYDE_PROVIDERS`, or `hyde/providers.yaml` in the folder for configuration. */
export const providersFile = (): string =>
  process.env.HYDE_PROVIDERS ||
  join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'hyde', 'providers.yaml');

/**
 * All providers that a model of an audit can name: the shipped ones, those of the user's file and those of the audit,
 * each replacing one of the same name before it. `OPENAI_BASE_URL` moves `openai` unless a file of the user's defines it.
 *
 * @param own the audit's own
 * @throws InputError where a file is wrong, or a name is taken by an engine
 */
export function knownProviders(own: ByName = {}, place?: (name: string) => Place): Providers {
  const file = providersFile();
  const users = existsSync(file) || process.env.HYDE_PROVIDERS ? readProviders(file) : {};
  for (const [name, provider] of Object.entries(own)) checkProvider(name, provider, place?.(name));
  const url = environmentVariable('OPENAI_BASE_URL', []);
  if (url) checkUrl(url, 'OPENAI_BASE_URL');
  // What is known of OpenAI's own models does not hold for those of another server.
  const moved = url ? { openai: { url, key: 'OPENAI_API_KEY' } } : {};
  return new Providers({ ...moved, ...users, ...own });
}

/** Every model that an audit asks, as its file names them. */
export const servedRefs = ({
  bases,
  arms,
  judges,
  rowJudges = [],
  search,
}: Pick<Spec, 'bases' | 'arms' | 'judges' | 'rowJudges' | 'search'>): ModelRef[] => [
  ...bases.map(({ ref }) => ref),
  ...arms.flatMap(({ served }) => served ?? []),
  ...judges.filter(isModelJudge).map(({ model }) => model),
  ...rowJudges.map(({ model }) => model),
  ...(search?.proposer ? [search.proposer] : []),
];

/** Of these providers the ones that the models name. */
export function usedProviders(known: Providers, refs: readonly ModelRef[]): Record<string, Provider> {
  const used = [...new Set(refs.map(({ engine }) => engine))].toSorted();
  return Object.fromEntries(
    used.flatMap((name) => {
      const provider = known.find(name);
      return provider ? [[name, provider] as const] : [];
    }),
  );
}

function readProviders(path: string): ByName {
  const shownAs = withoutHome(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(error, shownAs);
  }
  const { value, place } = parseYaml(text, ProviderFile, shownAs);
  for (const [name, provider] of Object.entries(value.providers)) {
    checkProvider(name, provider, place(['providers', name]));
  }
  return value.providers;
}

/** Fields of a request that say what is sampled; what a provider adds to them must not change it. */
const OWN_FIELDS = [
  ...['model', 'messages', 'temperature', 'top_p', 'max_tokens', 'max_completion_tokens'],
  ...['n', 'seed', 'stream', 'logprobs', 'top_logprobs'],
];

function checkProvider(name: string, provider: Provider, place: Place | undefined): void {
  const { body = {} } = provider;
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw new InputError(`'${name}' is no name for a provider`, place, 'use a-z, 0-9 and -');
  }
  if (ENGINES.includes(name)) {
    throw new InputError(
      `a provider cannot be called '${name}'`,
      place,
      'that is an engine; choose another name',
    );
  }
  const own = OWN_FIELDS.find((field) => Object.hasOwn(body, field));
  if (own) {
    throw new InputError(`the body of '${name}' holds '${own}', which hyde sets itself`, place);
  }
  for (const [header, value] of Object.entries(provider.headers ?? {}))
    checkHeader(name, header, value, place);
  const addresses = addressesOf(provider);
  for (const url of addresses) checkUrl(url, `the url of '${name}'`, place);
  const twice = addresses.find((url, index) => addresses.indexOf(url) < index);
  if (twice) throw new InputError(`'${name}' names the address ${twice} twice`, place);
}

/** What the client writes itself. */
const OWN_HEADERS = /^(?:content-length|content-type|transfer-encoding|host|connection|expect|upgrade)$/i;
const SECRET_HEADERS = /(?:^|-)(?:authorization|cookie|key|apikey|token|secret|password)$/i;

/** A header ends up in records, as it stands: what is secret is named by its variable. */
function checkHeader(name: string, header: string, value: string, place: Place | undefined): void {
  const what = `the header '${header}' of '${name}'`;
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header) || !/^[\x20-\x7e]*$/.test(value))
    throw new InputError(`${what} cannot be sent: names and values are printable ASCII`, place);
  if (OWN_HEADERS.test(header)) throw new InputError(`${what} is set by hyde itself`, place);
  if (SECRET_HEADERS.test(header) && !new RegExp(VARIABLE).test(value)) {
    const hint = `write $VARIABLE in its place, with the secret in the environment`;
    throw new InputError(
      `${what} holds a secret in plain text, and would stand in the run folder`,
      place,
      hint,
    );
  }
}

/** An address ends up in records: it must hold no secret. */
function checkUrl(text: string, what: string, place?: Place): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(`${what} is no URL`, place);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new InputError(`${what} is neither http nor https`, place);
  }
  if (url.username || url.password || url.search) {
    throw new InputError(
      `${what} holds a user, a password or a query`,
      place,
      'keys are given as `key: VARIABLE`, with the key in the environment',
    );
  }
}
