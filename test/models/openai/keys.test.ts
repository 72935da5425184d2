import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { environmentVariable, hide, readCredentials } from '../../../src/models/openai/keys.js';
import { answersOf, ask, openFor } from './open.js';
import { choice, completion, echo, misbehave, sendJson, TestServer } from './server.js';

const KEY = 'sk-test-0123456789abcdef';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of open.splice(0)) await each.close();
});

const caught = async (work: Promise<unknown>): Promise<Error & { hint?: string }> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error) => error,
  );

describe('a key', () => {
  it('is read from the environment, else from .env beside the audit file, when it is needed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-env-'));
    writeFileSync(join(folder, '.env'), `# keys\nHYDE_TEST_KEY="from-the-file"\nHYDE_EMPTY=\n`);
    expect(environmentVariable('HYDE_TEST_KEY', [folder])).toBe('from-the-file');
    vi.stubEnv('HYDE_TEST_KEY', 'from-the-environment');
    expect(environmentVariable('HYDE_TEST_KEY', [folder])).toBe('from-the-environment');
    expect(environmentVariable('HYDE_EMPTY', [folder])).toBeUndefined();
    expect(environmentVariable('HYDE_TEST_KEY', ['/nowhere'])).toBe('from-the-environment');
  });

  it('that is missing, or is none, is an error that names its variable and not its value', () => {
    const provider = { url: 'http://127.0.0.1:1', key: 'HYDE_TEST_KEY' };
    expect(() => readCredentials('lab', provider, [])).toThrow(
      "the key of 'lab' is missing: HYDE_TEST_KEY is not set",
    );
    vi.stubEnv('HYDE_TEST_KEY', 'two words-of-a-secret');
    expect(() => readCredentials('lab', provider, [])).toThrow(/^HYDE_TEST_KEY is no key: it holds spaces/);
    vi.stubEnv('HYDE_TEST_KEY', `${KEY}\r\nx-evil: 1`);
    expect(() => readCredentials('lab', provider, [])).toThrow(/is no key/);
  });

  it('of the environment does not go where a file alone says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-env-'));
    writeFileSync(join(folder, '.env'), 'OPENAI_BASE_URL=http://127.0.0.1:9/v1\n');
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    vi.stubEnv('OPENAI_API_KEY', KEY);
    vi.stubEnv('OPENAI_BASE_URL', '');
    const provider = { url: 'http://127.0.0.1:9/v1', key: 'OPENAI_API_KEY' };
    expect(() => readCredentials('openai', provider, [])).toThrow(/would send it to http:\/\/127\.0\.0\.1:9/);
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
    expect(readCredentials('openai', provider, []).headers).toEqual(['authorization', `Bearer ${KEY}`]);
    vi.restoreAllMocks();
  });

  it('can stand inside the value of a header, by the name of its variable', () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    const provider = { url: 'http://127.0.0.1:1', headers: { Authorization: 'Token $HYDE_TEST_KEY' } };
    const { headers, secrets } = readCredentials('lab', provider, []);
    expect(headers).toEqual(['authorization', `Token ${KEY}`]);
    expect(secrets).toEqual([KEY]);
  });

  it('goes with each request, and stays out of everything else, even where the server says it back', async () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    vi.stubEnv('HYDE_TEST_TEAM', 'team-secret-4711');
    const server = await TestServer.open(
      misbehave(({ number, headers }, response) => {
        const said = `${headers.authorization} ${headers['x-team']}`;
        if (number === 1) sendJson(response, 500, { error: { message: said } });
        else if (number === 2) sendJson(response, 400, { error: { message: said } });
        else {
          const logprobs = {
            content: [{ token: said, top_logprobs: [{ token: said, logprob: -1 }] }],
          };
          const message = { content: said, reasoning_content: said };
          const body = completion([choice('', { message, logprobs })], {
            model: said,
            system_fingerprint: `${said}${number}`,
          });
          // Escaped, the key does not stand in the bytes of the answer.
          const escaped = JSON.stringify(body).replaceAll('sk-test', '\\u0073k-test');
          sendJson(response, 200, escaped, { 'x-request-id': KEY });
        }
        return true;
      }),
    );
    open.push(server);
    const { engine, said, folder } = openFor(
      server.url,
      { key: 'HYDE_TEST_KEY', headers: { 'x-team': '$HYDE_TEST_TEAM' } },
      { maxConnections: 1 },
    );
    open.unshift(engine);
    const answers = await answersOf(engine, [ask('a', 6)], { topLogprobs: 1 });
    expect(server.chats[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'x-team': 'team-secret-4711',
    });
    expect(answers.some(({ finish }) => finish === 'failed')).toBe(true);
    const all = JSON.stringify([answers, said, await engine.describe({ base: 'm', adapter: null })]);
    await engine.fingerprint('m');
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(KEY);
    }
    expect(all).not.toMatch(/sk-test|team-secret/);
    expect(all).toContain('***');
  });

  it('does not shine through where words of the server are cut off in the middle of it', () => {
    const secrets = [KEY];
    expect(hide(`wrong: ${KEY.slice(0, 15)}`, secrets)).toBe('wrong: ***');
    expect(hide(`task sk-`, secrets)).toBe('task sk-');
  });

  it('is not sent over http to another machine without a word', async () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    const { engine, said } = openFor('http://0.0.0.0:9/v1', { key: 'HYDE_TEST_KEY' });
    open.push(engine);
    await engine.fingerprint('m');
    expect(said).toEqual(['test: the key goes to 0.0.0.0:9 over http, which others on the way can read']);
  });

  it('is said back in no error that ends a call', async () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    const server = await TestServer.open((_seen, response) =>
      sendJson(response, 401, { error: { message: `Incorrect API key provided: ${KEY}\u001b[2J` } }),
    );
    open.push(server);
    const { engine } = openFor(server.url, { key: 'HYDE_TEST_KEY' });
    open.unshift(engine);
    for (const work of [
      () => answersOf(engine, [ask('a')]),
      () => engine.describe({ base: 'm', adapter: null }),
    ]) {
      const { message, hint } = await caught(work());
      expect(message).toMatch(/the key is refused \(HTTP 401: Incorrect API key provided: \*\*\*/);
      expect(`${message}${hint}`).not.toContain('sk-test');
      expect(message).not.toContain('\u001b');
    }
  });

  it('does not follow a redirect to another host', async () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    const thief = await TestServer.open(echo);
    const server = await TestServer.open((_seen, response) =>
      sendJson(response, 308, '', { location: `${thief.url}/chat/completions` }),
    );
    open.push(thief, server);
    const { engine } = openFor(server.url, { key: 'HYDE_TEST_KEY' });
    open.unshift(engine);
    const { message } = await caught(answersOf(engine, [ask('a', 5)]));
    expect(message).toMatch(/no redirect is followed/);
    expect(thief.seen).toEqual([]);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    vi.stubEnv('HYDE_TEST_KEY', KEY);
    const folder = mkdtempSync(join(tmpdir(), 'hyde-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      `req -x509 -newkey rsa:2048 -nodes -keyout ${key} -out ${cert} -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1`.split(
        ' ',
      ),
      { stdio: 'ignore' },
    );
    const server = await TestServer.open(echo, {
      key: readFileSync(key, 'utf8'),
      cert: readFileSync(cert, 'utf8'),
    });
    open.push(server);
    const { engine } = openFor(server.url, { key: 'HYDE_TEST_KEY' });
    open.unshift(engine);
    const { message, hint } = await caught(answersOf(engine, [ask('a', 5)]));
    expect(message).toMatch(/the certificate of the server is not trusted/);
    expect(hint).toMatch(/NODE_EXTRA_CA_CERTS/);
    expect(server.seen).toEqual([]);
  });
});
