import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from '../../../src/records/provider.js';
import { ask, model, openFor, parameters } from './open.js';
import { type Behaviour, echo, sendJson, TestServer } from './server.js';
import { vllm } from './vllm.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const provider: Partial<Provider> = { 'lora-loading': true, models: { mine: { adapter: 'lora' } } };

async function against(behave: Behaviour, more: Partial<Provider> = {}) {
  const server = await TestServer.open(behave);
  open.push(server);
  const { engine, folder } = openFor(server.url, { ...provider, ...more });
  open.unshift(engine);
  const write = (weights: string): void => {
    mkdirSync(join(folder, 'lora'), { recursive: true });
    writeFileSync(join(folder, 'lora', 'adapter_config.json'), '{}');
    writeFileSync(join(folder, 'lora', 'adapter_model.safetensors'), weights);
  };
  const sample = () =>
    Array.fromAsync(engine.sample({ ...model, base: 'mine' }, [ask('a', 2)], parameters, () => {}));
  return { server, engine, folder, write, sample };
}

describe('an adapter that a provider names', () => {
  it('is loaded once, under a name of its content, and known by it', async () => {
    const { server, engine, folder, write, sample } = await against(vllm('base-model'));
    write('first');
    const first = await engine.describe({ base: 'mine', adapter: null });
    expect(first.identityKnown).toBe(true);
    await sample();
    await sample();
    const loads = server.seen.filter(({ path }) => path === '/v1/load_lora_adapter');
    expect(loads.map(({ body }) => body)).toEqual([
      { lora_name: expect.stringMatching(/^hyde-[0-9a-f]{16}$/), lora_path: join(folder, 'lora') },
    ]);
    expect(server.chats.every(({ body }) => body.model === loads[0]?.body.lora_name)).toBe(true);
    const before = await engine.fingerprint('mine');
    write('trained again');
    expect((await engine.describe({ base: 'mine', adapter: null })).identity).not.toBe(first.identity);
    expect(await engine.fingerprint('mine')).not.toBe(before);
  });

  it('that is not there, or is none, is named', async () => {
    const { sample } = await against(vllm('base-model'));
    await expect(sample()).rejects.toThrow(/lora: holds no LoRA adapter/);
  });

  it('is refused in words where the server does not take it', async () => {
    const without = await against(echo, { 'lora-loading': false });
    without.write('x');
    await expect(without.sample()).rejects.toThrow(/does not take adapters while it runs/);
    const closed = await against(({ path }, response) =>
      sendJson(response, path === '/v1/models' ? 200 : 404, {}),
    );
    closed.write('x');
    await expect(closed.sample()).rejects.toMatchObject({ hint: expect.stringMatching(/--enable-lora/) });
  });
});
