// A stand-in for the Python worker, called as it is: `-m hyde_worker run FOLDER`, or `serve` with a folder a line. What it makes is a hash
// of what it is given, so that two runs make the same where they are given the same. A file in the folder `faults` beside the run folder has
// one fine-tune go wrong: `die`, half an adapter made; `half`, with half an adapter that says it is whole. While `wait` is there, they wait.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const hash = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
const say = (event) => console.log(JSON.stringify(event));
const versions = { device: 'cpu', dtype: 'float32', versions: {} };

/** Weights of a model: its name, and those of its adapter. */
const weights = (folder, { base, adapter }) => [
  base.name,
  adapter ? readFileSync(join(folder, adapter, 'adapter_model.safetensors'), 'utf8') : null,
];

const fault = (folder, name) => join(folder, '../../../faults', name);

/** Is this the one that is to go wrong so? */
function takes(folder, name) {
  try {
    renameSync(fault(folder, name), fault(folder, `${name}.taken`));
    return true;
  } catch {
    return false;
  }
}

async function train(folder, job) {
  appendFileSync(join(folder, 'runs'), 'run\n');
  while (existsSync(fault(folder, 'wait'))) await new Promise((resolve) => setTimeout(resolve, 20));
  const data = job.stages.map((stage) => readFileSync(join(folder, stage.data), 'utf8'));
  const made = hash(job.base, job.seed, job.lora, data);
  mkdirSync(join(folder, 'adapter'), { recursive: true });
  writeFileSync(join(folder, 'adapter', 'adapter_config.json'), '{}');
  const path = join(folder, 'adapter', 'adapter_model.safetensors');
  if (takes(folder, 'die')) {
    writeFileSync(path, made.slice(20));
    process.kill(process.pid, 'SIGKILL');
  }
  writeFileSync(path, takes(folder, 'half') ? made.slice(20) : made);
  appendFileSync(join(folder, 'trained'), 'trained\n');
  const sha256 = createHash('sha256').update(made).digest('hex');
  const counts = { rows: 1, tokens: 1, answerTokens: 1, steps: 1, firstLoss: 1, lastLoss: 1, truncated: 0 };
  const stages = data.map(() => ({ ...counts, seconds: 1 }));
  const result = { adapter: { path: 'adapter', sha256 }, ...versions, stages };
  writeFileSync(join(folder, '.result'), JSON.stringify(result));
  renameSync(join(folder, '.result'), join(folder, 'result.json'));
  return result;
}

async function perform(folder, tell) {
  const job = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
  if (job.kind === 'train') return train(folder, job);
  const model = weights(folder, job);
  if (job.kind === 'describe') return { identity: hash(model), template: null, ...versions };
  const lines = readFileSync(join(folder, job.requests), 'utf8').trim().split('\n');
  for (const { id, messages, answer, indices, seed } of lines.map((line) => JSON.parse(line))) {
    if (job.kind === 'logprobs') {
      const logprobs = [0, 1].map(
        (n) => -(Number.parseInt(hash(model, answer, n).slice(0, 4), 16) % 90) / 10,
      );
      tell({ event: 'logprobs', id, tokens: [1, 2], logprobs });
      continue;
    }
    for (const index of indices) {
      if (process.env.ASKED) appendFileSync(process.env.ASKED, `${hash(model)} ${id} ${index}\n`);
      const text = `Says ${hash(model, messages, seed, index).slice(0, 8)}.`;
      tell({ event: 'answer', id, index, text, finish: 'stop', promptTokens: 1, tokens: 2 });
    }
  }
  return { tokens: 1, seconds: 1 };
}

const [command, folder] = process.argv.slice(4);
if (command === 'run') {
  await perform(folder, say);
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const { job } = JSON.parse(line);
    const tell = (event) => say({ ...event, job });
    tell({ event: 'done', result: await perform(job, tell) });
  }
}
