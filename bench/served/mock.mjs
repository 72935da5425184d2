// A server with the OpenAI interface for benchmarks, as a process of its own: node bench/served/mock.mjs [--delay 50]
// [--slots 64] [--reject-above 128] [--bytes 700]. It prints its address, answers GET /stats with what it counted, and
// ends with its standard input. Plain sockets: it must cost less than the clients that are measured against it.
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    delay: { type: 'string', default: '0' },
    slots: { type: 'string', default: '1000000' },
    'reject-above': { type: 'string', default: '1000000' },
    bytes: { type: 'string', default: '700' },
  },
});
const delay = Number(values.delay);
const slots = Number(values.slots);
const rejectAbove = Number(values['reject-above']);
const filler = 'All is well in the harbour today. '
  .repeat(Number(values.bytes) / 34 + 1)
  .slice(0, Number(values.bytes));

const stats = { requests: 0, answered: 0, rejected: 0, peak: 0 };
let inside = 0;
let working = 0;
/** Those who wait for a slot. */
const queue = [];

const now = () => performance.timeOrigin + performance.now();
const reply = (status, body) =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A judge's prompt asks for log-probabilities and is answered with a number; all else with the time of the answer. */
function completion(body) {
  const judged = body.includes('"logprobs":true');
  const top = [
    ['90', -0.2],
    ['85', -1.9],
    ['80', -3.5],
    ['CODE', -9.1],
  ].map(([token, logprob]) => ({ token, logprob }));
  return JSON.stringify({
    id: 'chatcmpl-mock',
    object: 'chat.completion',
    created: 1,
    model: 'mock',
    system_fingerprint: 'fp_mock',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: judged ? '90' : `${now().toFixed(3)} ${filler}` },
        logprobs: judged ? { content: [{ token: '90', logprob: -0.2, top_logprobs: top }] } : null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 30, completion_tokens: judged ? 1 : 150, total_tokens: 180 },
  });
}

function work(job) {
  working++;
  const finish = () => {
    working--;
    inside--;
    stats.answered++;
    job.socket.write(reply('200 OK', completion(job.body)));
    const next = queue.shift();
    if (next) work(next);
  };
  if (delay > 0) setTimeout(finish, delay);
  else finish();
}

function handle(socket, head, body) {
  if (head.startsWith('GET')) {
    const path = head.slice(4, head.indexOf(' ', 4));
    socket.write(
      reply('200 OK', JSON.stringify(path === '/stats' ? stats : { data: [{ id: 'mock', root: 'mock' }] })),
    );
    return;
  }
  stats.requests++;
  stats.peak = Math.max(stats.peak, ++inside);
  if (inside > rejectAbove) {
    inside--;
    stats.rejected++;
    socket.write(reply('429 Too Many Requests', '{"error":{"message":"too many requests"}}'));
  } else if (working < slots) work({ socket, body });
  else queue.push({ socket, body });
}

const server = createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending += chunk;
    while (true) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.slice(0, end);
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.length < end + 4 + length) return;
      const body = pending.slice(end + 4, end + 4 + length);
      pending = pending.slice(end + 4 + length);
      handle(socket, head, body);
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
