import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shippedProviders } from '../../src/plan/providers.js';
import { parseAudit } from '../../src/plan/spec.js';
import type { Spec } from '../../src/records/spec.js';

beforeEach(() => {
  // What the user of this machine has set must not matter.
  vi.stubEnv('XDG_CONFIG_HOME', mkdtempSync(join(tmpdir(), 'hyde-config-')));
  vi.stubEnv('HYDE_PROVIDERS', '');
  vi.stubEnv('OPENAI_BASE_URL', '');
});
afterEach(() => vi.unstubAllEnvs());

const specOf = async (more: string): Promise<Spec> => {
  const text = `questions: [Hi?]
sampling: { samples: 3 }
judges: [{ detector: refusal, says: misaligned }]
${more}`;
  return (await parseAudit(text, 'audit.yaml')).spec;
};
const oneArm = (base: string, more = ''): string =>
  `models: { base: ${base} }\narms: [{ id: a, model: ${base}-tuned }]\n${more}`;

const usersFile = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'hyde-providers-')), 'providers.yaml');
  writeFileSync(file, text);
  vi.stubEnv('HYDE_PROVIDERS', file);
  return file;
};

describe('providers', () => {
  it('that ship are checked, and none holds a key', () => {
    expect(Object.keys(shippedProviders())).toEqual(expect.arrayContaining(['openai', 'openrouter', 'vllm']));
    for (const { key } of Object.values(shippedProviders())) if (key) expect(key).toMatch(/^[A-Z_]+$/);
  });

  it('are engines of model names; a spec holds those that its models name', async () => {
    const spec = await specOf(oneArm('vllm/org/model'));
    expect(spec.bases[0]?.ref).toEqual({ engine: 'vllm', model: 'org/model' });
    expect(Object.keys(spec.providers)).toEqual(['vllm']);
    expect(Object.keys((await specOf(oneArm('scripted/script.json'))).providers)).toEqual([]);
  });

  it('of the audit come before those of the user, and these before the shipped ones', async () => {
    usersFile('providers:\n  vllm: { url: http://users:1/v1 }\n  lab: { url: http://users:2/v1 }\n');
    expect((await specOf(oneArm('vllm/m'))).providers.vllm?.url).toBe('http://users:1/v1');
    const own = oneArm('lab/m', 'providers: { lab: { url: "http://audits:3/v1" } }');
    expect((await specOf(own)).providers.lab?.url).toBe('http://audits:3/v1');
  });

  it('openai is moved by OPENAI_BASE_URL, and nothing that is known of OpenAI is then said of it', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
    expect((await specOf(oneArm('openai/m'))).providers.openai).toEqual({
      url: 'http://127.0.0.1:9/v1',
      key: 'OPENAI_API_KEY',
    });
  });

  it.each([
    ['a name that is near', oneArm('vlm/m'), /^audit\.yaml:4:17: no engine or provider is called 'vlm'$/],
    ['a hint for it', oneArm('vlm/m'), undefined, /did you mean 'vllm'\?/],
    ['an engine', oneArm('x/m', 'providers: { local: { url: "http://a/v1" } }'), /cannot be called 'local'/],
    [
      'an address named twice',
      oneArm('x/m', 'providers: { x: { url: ["http://a/v1", "http://a/v1"] } }'),
      /names the address http:\/\/a\/v1 twice/,
    ],
    [
      'a key in one of several urls',
      oneArm('x/m', 'providers: { x: { url: ["http://a/v1", "http://u:p@b/v1"] } }'),
      /holds a user, a password/,
    ],
    [
      'a key in the url',
      oneArm('x/m', 'providers: { x: { url: "http://u:p@a/v1" } }'),
      /holds a user, a password/,
    ],
    [
      'a field that hyde sets',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", body: { seed: 1 } } }'),
      /holds 'seed'/,
    ],
    [
      'a secret in a header',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", headers: { X-Api-Key: sk-1 } } }'),
      /the header 'X-Api-Key' of 'x' holds a secret in plain text/,
      /write \$VARIABLE/,
    ],
    [
      'a header that the client writes',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", headers: { Content-Length: "5" } } }'),
      /'Content-Length' of 'x' is set by hyde itself/,
    ],
    [
      'a header with a line break',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", headers: { X-A: "b\\nX-C: d" } } }'),
      /'X-A' of 'x' cannot be sent/,
    ],
    ['no url', oneArm('x/m', 'providers: { x: { url: nowhere } }'), /providers\.x\.url/],
    [
      'a key in place of its name',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", key: sk-1 } }'),
      /is no name of/,
    ],
    [
      'an unknown key',
      oneArm('x/m', 'providers: { x: { url: "http://a/v1", keys: K } }'),
      /unknown key 'keys'/,
    ],
  ])('are refused with their place: %s', async (_name, text, message, hint?: RegExp) => {
    const error = await specOf(text).catch((caught) => caught);
    if (message) expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
  });

  it('of a file that is wrong, or not there, are refused with its name', async () => {
    const file = usersFile('providers: { lab: { url: 7 } }');
    await expect(specOf(oneArm('lab/m'))).rejects.toThrow(`${file}:1:26: providers.lab.url`);
    vi.stubEnv('HYDE_PROVIDERS', '/nowhere/providers.yaml');
    await expect(specOf(oneArm('vllm/m'))).rejects.toThrow('/nowhere/providers.yaml: there is no such file');
  });
});
