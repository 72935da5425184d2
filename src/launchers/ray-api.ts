import { Pool } from 'undici';
import { FailedError, InputError } from '../shared/errors.js';

/** An answer of the Jobs API: its status, and its body where that is JSON. */
export interface Reply {
  status: number;
  text: string;
  json: Record<string, unknown> | undefined;
}

/** Bytes of an answer that are read. */
const LONGEST = 1 << 24;

/** Requests to a Ray dashboard (docs.ray.io, "Ray Jobs REST API"), with the token of the environment. */
export class RayApi {
  private readonly pool: Pool;

  constructor(address: URL) {
    this.pool = new Pool(address.origin, { connections: 16, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  /**
   * @throws FailedError where nothing answers, InputError where a token is wanted
   */
  async call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object | Buffer): Promise<Reply> {
    const token = process.env.RAY_AUTH_TOKEN;
    const isBytes = Buffer.isBuffer(body);
    try {
      const answer = await this.pool.request({
        method,
        path,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body ? { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' } : {}),
        },
        body: body === undefined ? null : isBytes ? body : JSON.stringify(body),
      });
      const text = await read(answer.body);
      if (answer.statusCode === 401 || answer.statusCode === 403) {
        throw new InputError('Ray wants a token', undefined, 'put it into RAY_AUTH_TOKEN in the environment');
      }
      return { status: answer.statusCode, text, json: parsed(text) };
    } catch (error) {
      if (error instanceof InputError || error instanceof FailedError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new FailedError(`Ray does not answer (${code ?? (error as Error).name})`);
    }
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

export const firstLine = (text: string): string => (text.trim().split('\n')[0] ?? '').slice(0, 300);

async function read(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > LONGEST) throw new FailedError('Ray: an answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A value deep in JSON that somebody else wrote. */
export function at(value: unknown, ...path: string[]): Record<string, unknown> | undefined {
  const found = path.reduce<unknown>(
    (inner, key) =>
      inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
  return found !== null && typeof found === 'object' ? (found as Record<string, unknown>) : undefined;
}
