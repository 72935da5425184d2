// The floor: a client of node:http alone that sends the requests of the workload, so many at a time, and writes the rows.
// node bench/served/bare.mjs --url URL [--requests 2400] [--concurrency 100] [--out FILE]
import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { addedSince, options, report, row, sampling, workload } from './workload.mjs';

const { url, requests, concurrency, out } = options();
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency) });
const file = out ? openSync(out, 'w') : undefined;
const jobs = workload(Number(requests)).flatMap(({ id, messages, indices }) =>
  indices.map((index) => ({ id, index, messages })),
);
const added = [];

function post(body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(`${url}/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end(body);
  });
}

const cpu = process.cpuUsage();
const start = performance.now();
let next = 0;
async function client() {
  while (next < jobs.length) {
    const job = jobs[next++];
    const { temperature, topP, maxTokens } = sampling;
    const sent = { model: 'mock', messages: job.messages, temperature, top_p: topP, max_tokens: maxTokens };
    const { choices, usage } = JSON.parse(await post(JSON.stringify(sent)));
    const { content } = choices[0].message;
    if (file) writeSync(file, `${JSON.stringify(row(job, content, usage.completion_tokens))}\n`);
    added.push(addedSince(content));
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, client));
report({ start, cpu, added, count: jobs.length });
agent.destroy();
