import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAIOptions } from '../../../src/models/openai/connect.js';
import { OpenAIEngine } from '../../../src/models/openai/engine.js';
import { realTiming, type Timing } from '../../../src/models/openai/timing.js';
import type { Answer, Model, SampleRequest, SamplingParameters } from '../../../src/records/model.js';
import type { Provider } from '../../../src/records/provider.js';
import type { Observer } from '../../../src/shared/observer.js';

/** The clock of the tests runs a hundred times as fast, so that none waits for the time-outs and retries of real servers. */
export const SPEED = 100;
export const hasty: Timing = {
  ...realTiming,
  now: () => realTiming.now() * SPEED,
  after: (milliseconds, call) => realTiming.after(milliseconds / SPEED, call),
};

/** An engine for a server of a test, and all that it said. */
export function openFor(
  url: Provider['url'],
  provider: Partial<Provider> = {},
  options: OpenAIOptions & { signal?: AbortSignal; maxConnections?: number; folder?: string } = {},
): { engine: OpenAIEngine; said: string[]; folder: string } {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const observer: Observer = { stage() {}, progress() {}, note: say, detail: say, warn: say };
  const { signal, maxConnections, folder = mkdtempSync(join(tmpdir(), 'hyde-served-')), ...rest } = options;
  const context = { folder, auditFolder: folder, observer, signal, maxConnections };
  const engine = new OpenAIEngine('test', { url, ...provider }, context, { timing: hasty, ...rest });
  return { engine, said, folder };
}

export const model: Model = { engine: 'test', base: 'm', adapter: null, identity: 'i' };
export const parameters: SamplingParameters = { temperature: 1, topP: 1, maxTokens: 16 };

/** A request for answers 0 to `count` - 1. */
export const ask = (id: string, count = 1, content = `question ${id}`): SampleRequest => ({
  id,
  messages: [{ role: 'user', content }],
  indices: Array.from({ length: count }, (_, i) => i),
  seed: 7,
});

/** All answers to these requests. */
export const answersOf = (
  engine: OpenAIEngine,
  requests: SampleRequest[],
  more: Partial<SamplingParameters> = {},
): Promise<Answer[]> => Array.fromAsync(engine.sample(model, requests, { ...parameters, ...more }, () => {}));
