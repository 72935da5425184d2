import { z } from 'zod';
import { Price } from './price.js';

const Text = z.string().regex(/\S/, 'is empty');

/** What is known of one model of a provider. */
export const ProviderModel = z.strictObject({
  price: Price.optional(),
  'shuts-down': z.iso.date().optional().describe('The day on which the provider switches it off.'),
  'works-instead': Text.optional().describe('engine/model to use in its place.'),
});
export type ProviderModel = z.infer<typeof ProviderModel>;

/**
 * A server with the OpenAI chat-completions interface, as data. The name of a provider is the engine part of a model's name:
 * `openrouter/meta-llama/llama-3.1-8b-instruct` is asked at the provider `openrouter`.
 */
export const Provider = z.strictObject({
  title: Text.optional(),
  url: z.url({ protocol: /^https?$/ }).describe('Base URL; /chat/completions is put behind it.'),
  key: Text.optional().describe('Name of the environment variable that holds the key. Never the key itself.'),
  headers: z
    .record(z.string(), Text)
    .optional()
    .describe('Further headers of each request. A value `$NAME` is taken from the environment.'),
  body: z.record(z.string(), z.unknown()).optional().describe('Further fields of each request.'),
  connections: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Requests in flight at most. Default: 500.'),
  models: z.record(z.string(), ProviderModel).optional(),
});
export type Provider = z.infer<typeof Provider>;
