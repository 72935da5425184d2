/** What stands in the job folder of a server (worker/protocol.md, kind `server`), and whether it answers. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { FailedError } from '../shared/errors.js';
import { writeError, writeJson } from '../shared/files.js';
import { isObject } from '../shared/objects.js';

/** No server is left, and another one would be of no use. */
export class NoServer extends FailedError {}

/** Milliseconds that a look may take. */
const LOOK = 5000;

/** Makes the folder of a server that is to be started. The key is for its owner's eyes only. */
export function prepareServer(folder: string, job: object, key: string): void {
  const path = join(folder, 'key');
  writeJson(join(folder, 'job.json'), job);
  try {
    rmSync(path, { force: true });
    writeFileSync(path, key, { mode: 0o600 });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** The key of a server that was not told to end. */
export function keyOf(folder: string): string | undefined {
  if (existsSync(join(folder, 'stop'))) return undefined;
  const key = read(join(folder, 'key'))?.trim();
  return key && /^[0-9a-f]{32,}$/.test(key) ? key : undefined;
}

/** Tells a server to end, wherever it runs, and forgets its key. A folder that is not there has none. */
export function stopServer(folder: string): void {
  if (!existsSync(folder)) return;
  writeFileSync(join(folder, 'stop'), '');
  rmSync(join(folder, 'key'), { force: true });
}

/** Base URL of a server that has said where it listens. */
export function addressOf(folder: string): string | undefined {
  const text = read(join(folder, 'server.json'));
  if (text === undefined) return undefined;
  try {
    const { host, port } = JSON.parse(text) as { host?: unknown; port?: unknown };
    if (typeof host !== 'string' || !/^[\w.:-]+$/.test(host) || !Number.isInteger(port)) return undefined;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`;
    return URL.canParse(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Is the server up, and does it serve the model under this name?
 *
 * @throws NoServer where it is up and serves others
 */
export async function answers(url: string, key: string, name: string): Promise<boolean> {
  if (!(await isHealthy(url, key))) return false;
  const models = await get(`${url}/models`, key);
  if (models?.status !== 200) return false;
  const list = isObject(models.json) && Array.isArray(models.json.data) ? models.json.data : [];
  const ids = list.map((each) => String(isObject(each) ? each.id : ''));
  if (ids.includes(name)) return true;
  throw new NoServer(
    `the server at ${new URL(url).host} serves ${ids.join(', ').slice(0, 200) || 'nothing'}, not ${name}`,
    'put --served-model-name {name} into run.serve.command',
  );
}

/** Does a server say that it works? */
export const isHealthy = async (url: string, key: string): Promise<boolean> =>
  (await get(new URL('/health', url).href, key))?.status === 200;

async function get(url: string, key: string): Promise<{ status: number; json: unknown } | undefined> {
  try {
    const { statusCode, body } = await request(url, {
      headers: { authorization: `Bearer ${key}` },
      headersTimeout: LOOK,
      bodyTimeout: LOOK,
      signal: AbortSignal.timeout(2 * LOOK),
    });
    const text = await body.text();
    try {
      return { status: statusCode, json: JSON.parse(text) };
    } catch {
      return { status: statusCode, json: undefined };
    }
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
