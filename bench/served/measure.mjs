// Figures of the engine for served models: client and mock server are processes of their own, the bare client runs
// right before hyde's, and each figure is the median of three such pairs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts a mock server. @param args options of mock.mjs */
export async function startMock(args) {
  const mock = spawn(process.execPath, [here('mock.mjs'), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(mock.stdout, 'data');
  const url = String(line).trim();
  return {
    url,
    stats: async () => (await fetch(`${url}/stats`)).json(),
    async stop() {
      mock.stdin.end();
      await once(mock, 'exit');
    },
  };
}

/** Runs a client (bare.mjs, engine.mjs) to its end, and gives what it measured. */
export async function runClient(name, args) {
  const client = spawn(process.execPath, [here(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  client.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [status] = await once(client, 'close');
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return JSON.parse(text);
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Both clients against one mock server, three times. */
async function pairs(mockArgs, clientArgs) {
  const mock = await startMock(mockArgs);
  try {
    const found = [];
    for (let i = 0; i < 3; i++) {
      const args = ['--url', mock.url, ...clientArgs];
      found.push({ bare: await runClient('bare.mjs', args), hyde: await runClient('engine.mjs', args) });
    }
    return found;
  } finally {
    await mock.stop();
  }
}

/** CPU of the client per 1,000 requests, rows written, against the bare client. */
export async function cpuPer1000() {
  const found = await pairs(['--delay', '50'], ['--requests', '20000', '--concurrency', '500']);
  return {
    value: median(found.map(({ bare, hyde }) => hyde.cpuMsPer1000 / bare.cpuMsPer1000)),
    details: found,
  };
}

/** Milliseconds from the server's answer to its row, 99 of 100 answers. */
export async function p99Added() {
  const found = await pairs(['--delay', '50'], ['--requests', '20000', '--concurrency', '100']);
  return { value: median(found.map(({ hyde }) => hyde.p99)), details: found };
}

/** Requests that a server with 64 slots, which refuses above 128, refused; and the wall time against the ideal. */
async function atASmallServer() {
  const requests = 6400;
  const found = [];
  for (let i = 0; i < 3; i++) {
    const mock = await startMock(['--delay', '50', '--slots', '64', '--reject-above', '128']);
    const hyde = await runClient('engine.mjs', [
      ...['--url', mock.url],
      ...['--requests', String(requests), '--concurrency', '500'],
    ]);
    const { rejected } = await mock.stats();
    await mock.stop();
    const ideal = (requests / 64) * 0.05;
    found.push({ wasted: (100 * rejected) / requests, wallOverIdeal: hyde.seconds / ideal });
  }
  return found;
}

let small;

/** One of the two figures of a server with 64 slots; both come from the same runs. */
export async function smallServer(what) {
  small ??= atASmallServer();
  const found = await small;
  return { value: median(found.map((one) => one[what])), details: found };
}
