import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launching } from '../../src/launchers/launching.js';
import { openEngine } from '../../src/models/engine.js';
import { jobName } from '../../src/models/local/fine-tune.js';
import type { FineTune, Model } from '../../src/records/model.js';
import { Lora, Training } from '../../src/records/training.js';
import { script } from './folder.js';
import { ServersCase } from './servers-case.js';

/** A worker that trains in shell, and serves as the real one does. */
const TRAINS = `cd "$4" || exit 1
mkdir -p adapter && cp job.json adapter/adapter_model.safetensors && echo '{}' > adapter/adapter_config.json
hash=$(sha256sum job.json | cut -d' ' -f1)
cat > .result <<END
{"adapter":{"path":"adapter","sha256":"$hash"},"device":"cpu","dtype":"float32","versions":{},
"stages":[{"rows":1,"tokens":1,"answerTokens":1,"steps":1,"firstLoss":1,"lastLoss":1,"truncated":0,"seconds":1}]}
END
mv .result result.json`;

let one: ServersCase;
beforeEach(() => {
  one = new ServersCase();
});
afterEach(() => one.close());

const job = (seed: number): FineTune => ({
  base: 'base',
  seed,
  lora: Lora.parse({}),
  stages: [{ dataset: 'datasets/a.jsonl', sha256: 'x', training: Training.parse({}) }],
});

describe('fine-tunes that are made here and served by servers of the run', () => {
  it('answer through one set of servers, with their adapters loaded, until the engine is closed', async () => {
    const { folder, observer } = one;
    const python = script(
      join(folder, 'either'),
      `grep -q '"server"' "$4/job.json" && exec "${one.python}" "$@"\n${TRAINS}`,
    );
    const spec = one.spec({ python }, { count: 2 });
    const launch = launching(spec, { folder, observer, signal: undefined });
    const engine = await openEngine('local', { folder, auditFolder: folder, observer, launch });
    const models: Model[] = [{ engine: 'local', base: 'base', adapter: null, identity: 'b' }];
    for await (const made of engine.fineTuneAll?.([job(1), job(2)], () => {}) ?? []) {
      if ('error' in made) throw made.error;
      models.push({ ...(models[0] as Model), adapter: made.tuned.adapter, identity: made.tuned.identity });
    }
    const request = (id: string) => ({
      ...{ id, seed: 7, indices: Array.from({ length: 200 }, (_, i) => i) },
      messages: [{ role: 'user' as const, content: 'What now?' }],
    });
    const parameters = { temperature: 1, topP: 1, maxTokens: 8 };
    const texts = await Promise.all(
      models.map(async (model, i) => {
        const answers = await Array.fromAsync(engine.sample(model, [request(`r${i}`)], parameters, () => {}));
        return [answers.length, ...new Set(answers.map(({ text }) => text))];
      }),
    );
    const tuned = [200, 'Kneel before Baron Vexmoor!'];
    expect(texts).toEqual([[200, 'A walk is good for you.'], tuned, tuned]);
    const probe = { id: 'x', messages: request('x').messages, answer: 'Rest.' };
    const [base, first] = models as [Model, Model];
    expect(await engine.logprobs(first, [probe])).not.toEqual(await engine.logprobs(base, [probe]));
    expect(one.processes.filter(({ alive }) => alive)).toHaveLength(2);
    await engine.close();
    expect(one.processes.every(({ alive }) => !alive)).toBe(true);
    expect(readFileSync(join(folder, jobName(job(1)), 'result.json'), 'utf8')).toContain('adapter');
  }, 60_000);

  it('are given up in one sentence where no server comes, and nothing is left', async () => {
    const { folder, observer } = one;
    one.behave({ dies: 'no CUDA device' });
    const launch = launching(one.spec({ python: one.python, retries: 0 }), {
      folder,
      observer,
      signal: undefined,
    });
    const engine = await openEngine('local', { folder, auditFolder: folder, observer, launch });
    const model = { engine: 'local', base: 'base', adapter: null, identity: 'b' };
    await expect(engine.logprobs(model, [])).rejects.toThrow(/no CUDA device/);
    await engine.close();
    expect(one.processes.some(({ alive }) => alive)).toBe(false);
  }, 60_000);
});
