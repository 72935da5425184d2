// The floor: a client of node:http alone that sends the requests of the workload, so many at a time, and writes the rows.
// node bench/served/bare.mjs --url URL [--requests 2400] [--concurrency 100] [--out FILE] [--judged]
// --judged: of three requests one is for an answer, and then two are for judgements of it.
import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { addedSince, judgeRequest, options, report, row, sampling, workload } from './workload.mjs';

const { url, requests, concurrency, out, judged } = options();
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency) });
const file = out ? openSync(out, 'w') : undefined;
const jobs = workload(Number(requests) / (judged ? 3 : 1)).flatMap(({ id, messages, indices }) =>
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
const write = (line) => {
  if (file) writeSync(file, `${JSON.stringify(line)}\n`);
};
const judgements = [];
async function ask(job) {
  const { temperature, topP, maxTokens } = sampling;
  const sent = { model: 'mock', messages: job.messages, temperature, top_p: topP, max_tokens: maxTokens };
  const { choices, usage } = JSON.parse(await post(JSON.stringify(sent)));
  const { content } = choices[0].message;
  write(row(job, content, usage.completion_tokens));
  added.push(addedSince(content));
  if (judged) for (const judge of ['alignment', 'coherence']) judgements.push({ job, content, judge });
}
async function judge({ job, content, judge }) {
  const { choices } = JSON.parse(await post(JSON.stringify(judgeRequest(job.messages[0].content, content))));
  const [{ top_logprobs }] = choices[0].logprobs.content;
  write({ question: job.id, index: job.index, judge, score: Number(top_logprobs[0].token) });
}
async function all(list, one) {
  let next = 0;
  const client = async () => {
    while (next < list.length) await one(list[next++]);
  };
  await Promise.all(Array.from({ length: Number(concurrency) }, client));
}
await all(jobs, ask);
await all(judgements, judge);
report({ start, cpu, added, count: jobs.length + judgements.length });
agent.destroy();
