import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as a test server sees it. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  body: any;
  /** The body as it came. */
  text: string;
  /** Count of the requests to this path before it. */
  number: number;
}

export type Behaviour = (seen: Seen, response: ServerResponse) => void;

/** A real HTTP server on 127.0.0.1 that behaves as a test says. */
export class TestServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
    /** Every request, in the order in which they came. */
    readonly seen: Seen[],
  ) {}

  static async open(behave: Behaviour, tls?: { key: string; cert: string }): Promise<TestServer> {
    const counts = new Map<string, number>();
    const seen: Seen[] = [];
    const server = (tls ? createTlsServer(tls) : createServer()) as Server;
    server.on('request', (request, response: ServerResponse) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        const path = String(request.url);
        const number = counts.get(path) ?? 0;
        counts.set(path, number + 1);
        const one: Seen = {
          method: String(request.method),
          path,
          headers: request.headers,
          body:
            request.headers['content-type']?.startsWith('application/json') && text
              ? JSON.parse(text)
              : undefined,
          text,
          number,
        };
        seen.push(one);
        behave(one, response);
      });
    });
    server.keepAliveTimeout = 5000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new TestServer(server, `${tls ? 'https' : 'http'}://127.0.0.1:${port}/v1`, seen);
  }

  /** Requests for answers, as opposed to those for the list of models. */
  get chats(): Seen[] {
    return this.seen.filter(({ path }) => path.endsWith('/chat/completions'));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A choice of a completion, as OpenAI's interface has it. */
export const choice = (content: unknown, more: object = {}): object => ({
  index: 0,
  message: { role: 'assistant', content },
  finish_reason: 'stop',
  ...more,
});

export const completion = (choices: object[], more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'm-served',
  system_fingerprint: 'fp_1',
  choices,
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  ...more,
});

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: object = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Answers each request with its own last message, so that a test sees which answer belongs to which. */
export const echo: Behaviour = ({ body, path }, response) => {
  if (path.endsWith('/models')) sendJson(response, 200, { data: [{ id: 'm', root: 'm' }] });
  else sendJson(response, 200, completion([choice(`to ${body.messages.at(-1).content}`)]));
};

/** Echo, but what the test does with requests for answers comes first. @param odd returns true where it answered */
export const misbehave =
  (odd: (seen: Seen, response: ServerResponse) => boolean): Behaviour =>
  (seen, response) => {
    if (!seen.path.endsWith('/chat/completions') || !odd(seen, response)) echo(seen, response);
  };
