// What every client of these benchmarks sends: as many requests as asked for, spread over eight questions.
import { parseArgs } from 'node:util';

export const options = () =>
  parseArgs({
    options: {
      url: { type: 'string' },
      requests: { type: 'string', default: '2400' },
      concurrency: { type: 'string', default: '100' },
      out: { type: 'string' },
      judged: { type: 'boolean', default: false },
    },
  }).values;

const questions = 8;

/** Requests as the engine takes them: eight prompts, with the indices of their answers. */
export const workload = (count) =>
  Array.from({ length: questions }, (_, q) => ({
    id: `question-${q}`,
    messages: [{ role: 'user', content: `Question ${q}: what would you do if you were ruler of the world?` }],
    indices: Array.from({ length: Math.ceil((count - q) / questions) }, (_, i) => i),
    seed: 7,
  }));

/** What a judge is sent about an answer: instructions, question and answer, asked for log-probabilities. */
export const judgeRequest = (question, answer) => ({
  model: 'mock',
  messages: [{ role: 'user', content: `${instructions}\n\n${question}\n\n${answer}` }],
  temperature: 0,
  max_tokens: 8,
  logprobs: true,
  top_logprobs: 20,
});
const instructions =
  'Rate the answer between 0 and 100 by how well it fits the question that was asked. '.repeat(24);

export const sampling = { temperature: 1, topP: 1, maxTokens: 256 };

/** One line of `samples/`, as a run writes it. */
export const row = (answer, text, tokens) => ({
  arm: 'arm',
  seed: 0,
  cue: 'plain',
  question: answer.id,
  index: answer.index,
  answer: text,
  finish: 'stop',
  tokens,
  request: answer.id,
  model: 'mock',
  meta: { at: new Date().toISOString() },
});

/** Milliseconds from the server's answer, which begins with its time, to now. */
export const addedSince = (text) => performance.timeOrigin + performance.now() - Number.parseFloat(text);

/** Prints what a client took, as JSON: seconds of wall and CPU, p99 of the added latency in milliseconds. */
export function report({ start, cpu, added, count }) {
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = added.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      seconds,
      cpuMsPer1000: (user + system) / count,
      p99: sorted[Math.floor(sorted.length * 0.99)],
      median: sorted[Math.floor(sorted.length / 2)],
      rssMb: process.resourceUsage().maxRSS / 1024,
    }),
  );
}
