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

/** A model in vLLM's list. */
export interface Card {
  id: string;
  root: string;
  parent?: string;
}

/**
 * Behaves as vLLM does where hyde relies on it: seeds, adapters at run time, log-probabilities of the prompt.
 *
 * @param models what it serves; a test may look at it and change it
 * @param ignoresAdapters answers as the base whatever adapter is named
 */
export function vllm(
  base: string,
  { models = [], ignoresAdapters = false }: { models?: Card[]; ignoresAdapters?: boolean } = {},
): Behaviour {
  models.push({ id: base, root: base });
  return ({ path, body }, response) => {
    if (path === '/v1/models') {
      sendJson(response, 200, { data: models.map((each) => ({ ...each, created: Date.now() })) });
    } else if (path === '/v1/load_lora_adapter') {
      models.push({ id: body.lora_name, root: body.lora_path, parent: base });
      response.end(`Success: LoRA adapter '${body.lora_name}' added successfully.`);
    } else if (path === '/v1/unload_lora_adapter') {
      const at = models.findIndex(({ id }) => id === body.lora_name);
      if (at >= 0) models.splice(at, 1);
      response.writeHead(at < 0 ? 404 : 200).end();
    } else if (!models.some(({ id }) => id === body.model)) {
      const error = {
        message: `The model \`${body.model}\` does not exist.`,
        type: 'NotFoundError',
        code: 404,
      };
      sendJson(response, 404, { error });
    } else {
      const model = ignoresAdapters ? base : body.model;
      const text = `word-${hashOf([model, body.messages, body.seed]).slice(0, 6)}`;
      sendJson(response, 200, {
        ...completion([choice(text)], { model: body.model }),
        ...(body.prompt_logprobs === undefined
          ? {}
          : { prompt_logprobs: promptLogprobs({ ...body, model }) }),
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
