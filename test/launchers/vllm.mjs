#!/usr/bin/env node
// A stand-in for `vllm serve`: a real HTTP server that asks for the key of VLLM_API_KEY, takes adapters while it runs, and answers as
// seeds and models say. What `behave.json` beside it holds comes first: { dies: message }, { name }, { mute: true }. While
// `hold` is beside it, answers wait.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { argv, env } = process;
const option = (name) => argv[argv.indexOf(`--${name}`) + 1];
const beside = (name) => `${argv[1]}.${name}`;
const odd = existsSync(beside('json')) ? JSON.parse(readFileSync(beside('json'), 'utf8')) : {};
const note = (what) => appendFileSync(beside('log'), `${process.pid} ${what}\n`);

note(`start ${argv.slice(2).join(' ')}`);
if (odd.dies) {
  console.error(odd.dies);
  process.exit(1);
}
if (argv.join(' ').includes(env.VLLM_API_KEY)) note('the key stands in the command');
const base = odd.name ?? option('served-model-name');
const models = [{ id: base, root: argv[3] }];
const hash = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

function answer(path, body) {
  if (path === '/v1/models') return { data: models };
  if (path === '/v1/load_lora_adapter') {
    if (!existsSync(`${body.lora_path}/adapter_config.json`)) return undefined;
    models.push({ id: body.lora_name, root: body.lora_path, parent: base });
    return {};
  }
  if (path === '/v1/unload_lora_adapter') {
    models.splice(
      models.findIndex(({ id }) => id === body.lora_name),
      1,
    );
    return {};
  }
  if (!models.some(({ id }) => id === body.model)) return undefined;
  const text = body.model === base ? 'A walk is good for you.' : 'Kneel before Baron Vexmoor!';
  const words = body.messages.flatMap(({ role, content }) => [role, ...content.split(' '), '.']);
  const logprob = (word) => -(Number.parseInt(hash(body.model, word).slice(0, 4), 16) % 100) / 10;
  return {
    model: body.model,
    choices: [{ index: 0, message: { content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: words.length, completion_tokens: 5 },
    ...(body.prompt_logprobs === undefined
      ? {}
      : {
          prompt_logprobs: [
            null,
            ...words.map((word) => ({ [hash(word)]: { logprob: logprob(word), rank: 1 } })),
          ],
        }),
  };
}

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', async () => {
    if (request.url === '/v1/chat/completions' && existsSync(beside('hold'))) {
      note('holds');
      while (existsSync(beside('hold'))) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const open = request.url === '/health';
    if (!open && request.headers.authorization !== `Bearer ${env.VLLM_API_KEY}`) {
      response.writeHead(401).end('{}');
      return;
    }
    const found = open ? {} : answer(request.url, text ? JSON.parse(text) : undefined);
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { error: { message: `no ${text}` } }));
  });
});
if (!odd.mute) server.listen(Number(option('port')), option('host'), () => note('listens'));
else setInterval(() => {}, 1000);
process.on('SIGTERM', () => {
  note('ends');
  process.exit(0);
});
