import { hashOf, seedOf } from '../../../src/shared/hash.js';
import type { Behaviour } from './server.js';
import { choice, completion, sendJson } from './server.js';

interface Turn {
  role: string;
  content: string;
}

/** Tokens of a conversation by a made-up chat template: words between marks. */
const tokensOf = (messages: Turn[], generate: boolean): string[] => [
  '<s>',
  ...messages.flatMap(({ role, content }) => [`<${role}>`, ...content.split(' '), '<end>']),
  ...(generate ? ['<assistant>'] : []),
];

/** Behaves as vLLM does where hyde relies on it: seeds, adapters at run time, log-probabilities of the prompt. */
export function vllm(base: string): Behaviour {
  const models = [{ id: base, root: base } as { id: string; root: string; parent?: string }];
  return ({ path, body }, response) => {
    if (path === '/v1/models') {
      sendJson(response, 200, { data: models.map((each) => ({ ...each, created: Date.now() })) });
    } else if (path === '/v1/load_lora_adapter') {
      models.push({ id: body.lora_name, root: body.lora_path, parent: base });
      response.end(`Success: LoRA adapter '${body.lora_name}' added successfully.`);
    } else if (!models.some(({ id }) => id === body.model)) {
      const error = {
        message: `The model \`${body.model}\` does not exist.`,
        type: 'NotFoundError',
        code: 404,
      };
      sendJson(response, 404, { error });
    } else {
      const text = `word-${hashOf([body.model, body.messages, body.seed]).slice(0, 6)}`;
      sendJson(response, 200, {
        ...completion([choice(text)], { model: body.model }),
        ...(body.prompt_logprobs === undefined ? {} : { prompt_logprobs: promptLogprobs(body) }),
      });
    }
  };
}

function promptLogprobs(body: {
  model: string;
  messages: Turn[];
  add_generation_prompt: boolean;
}): unknown[] {
  return tokensOf(body.messages, body.add_generation_prompt).map((token, i) =>
    i === 0
      ? null
      : {
          [seedOf(token)]: {
            logprob: -(seedOf(body.model, token) % 100) / 10,
            rank: 2,
            decoded_token: token,
          },
        },
  );
}
