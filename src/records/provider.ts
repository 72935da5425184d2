import { z } from 'zod';
import { Text } from './fields.js';
import { Price } from './price.js';

const Field = z.enum(['max_tokens', 'max_completion_tokens']);

/** What is known of one model of a provider. */
export const ProviderModel = z.strictObject({
  price: Price.optional(),
  'shuts-down': z.iso.date().optional().describe('The day on which the provider switches it off.'),
  'works-instead': Text.optional().describe('engine/model to use in its place.'),
  identity: Text.optional().describe(
    'What you know the weights by, e.g. a hash. With it answers may be shared between runs.',
  ),
  adapter: Text.optional().describe(
    'Folder of a LoRA adapter, relative to the audit file, that the server loads under this name.',
  ),
  'max-tokens-field': Field.optional(),
});
export type ProviderModel = z.infer<typeof ProviderModel>;

const Address = z.url({ protocol: /^https?$/ });

/**
 * A server with the OpenAI chat-completions interface, as data. The name of a provider is the engine part of a model's name:
 * `openrouter/meta-llama/llama-3.1-8b-instruct` is asked at the provider `openrouter`.
 */
export const Provider = z.strictObject({
  title: Text.optional(),
  url: z
    .union([Address, z.array(Address).min(1).max(1000)])
    .describe(
      'Base URL; /chat/completions is put behind it. Several of servers with the same models: each request goes to the one with most room.',
    ),
  key: Text.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable')
    .optional()
    .describe('Name of the environment variable that holds the key. Never the key itself.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'is no name of a header'), Text)
    .optional()
    .describe('Further headers of each request. A value `$NAME` is taken from the environment.'),
  body: z.record(z.string(), z.unknown()).optional().describe('Further fields of each request.'),
  connections: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Requests in flight at one address at most. Default: 500.'),
  timeout: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('Seconds that one request may take in all. Default: 600.'),
  'max-tokens-field': Field.optional().describe(
    'Which field limits the answer. Default: max_tokens; changed by itself where the server asks for the other.',
  ),
  n: z.boolean().optional().describe('Several answers may be asked for by one request. Default: false.'),
  seed: z
    .boolean()
    .optional()
    .describe('The server draws by a seed; each answer is sent its own. Default: false.'),
  'prompt-logprobs': z
    .boolean()
    .optional()
    .describe('The server gives log-probabilities of the prompt as vLLM does. Default: false.'),
  'lora-loading': z
    .boolean()
    .optional()
    .describe('The server takes adapters at /load_lora_adapter as vLLM does. Default: false.'),
  adapters: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Adapters that hyde has loaded at one address at once, at most. Default: 8.'),
  snapshots: z
    .boolean()
    .optional()
    .describe('A dated model name, or one of a fine-tune, always means the same weights. Default: false.'),
  'fine-tuning': z
    .boolean()
    .optional()
    .describe('The server trains models by files and jobs as OpenAI does. Default: false.'),
  'fine-tuning-ends': z.iso
    .date()
    .optional()
    .describe('The day from which on the provider takes no new fine-tuning jobs.'),
  models: z.record(z.string(), ProviderModel).optional(),
});
export type Provider = z.infer<typeof Provider>;

/** The addresses of a provider, in the order of its entry. */
export const addressesOf = ({ url }: Pick<Provider, 'url'>): string[] => (Array.isArray(url) ? url : [url]);

/** A file of providers: the shipped one, or the user's own. */
export const ProviderFile = z.strictObject({ providers: z.record(z.string(), Provider) });

/** The day on which a model is switched off, where one is known; a fine-tune ends with the model it was made from. */
export function shutdownOf(
  { models = {} }: Provider,
  model: string,
): { date: string; instead?: string } | undefined {
  const madeFrom = /^ft:([^:]+):/.exec(model)?.[1];
  const found = Object.hasOwn(models, model) ? models[model] : madeFrom ? models[madeFrom] : undefined;
  const date = found?.['shuts-down'];
  const instead = found?.['works-instead'];
  return date === undefined ? undefined : { date, ...(instead ? { instead } : {}) };
}
