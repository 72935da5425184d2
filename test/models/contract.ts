import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/models/engine.js';
import type { Answer, Engine, Model, SampleRequest } from '../../src/records/model.js';
import type { Provider } from '../../src/records/provider.js';
import { Lora, Training } from '../../src/records/training.js';
import { hashFile } from '../../src/shared/hash.js';
import { silent } from '../../src/shared/observer.js';

/** What the suite must know to try an engine. */
export interface Subject {
  engine: string;
  base: string;
  auditFolder: string;
  /** Of an engine that samples what is served: its providers, asked for when the suite begins. */
  providers?: () => Record<string, Provider>;
  /** Of one that cannot train: makes an adapter in the run folder, and gives its path there. */
  adapter?: (folder: string) => string;
}

const parameters = { temperature: 1, topP: 1, maxTokens: 8 };
const request = (id: string, content: string, indices: number[]): SampleRequest => ({
  id,
  messages: [{ role: 'user', content }],
  indices,
  seed: 7,
});
const byKey = (answers: Answer[]): string[] =>
  answers.map(({ id, index, text, finish }) => `${id}|${index}|${finish}|${text}`).toSorted();

/** What every engine promises, whatever is behind it (records/model.ts). */
export function engineContract({ engine: name, base, auditFolder, providers, adapter }: Subject): void {
  describe(`engine contract: ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-engine-'));
    let engine: Engine;
    let model: Model;
    let tuned: Model;

    const sample = async (of: Model, requests: SampleRequest[]): Promise<Answer[]> =>
      Array.fromAsync(engine.sample(of, requests, parameters, () => {}));
    const open = (): Promise<Engine> =>
      openEngine(name, {
        folder,
        auditFolder,
        observer: silent,
        ...(providers && { providers: providers() }),
      });

    beforeAll(async () => {
      engine = await open();
      const { identity } = await engine.describe({ base, adapter: null });
      model = { engine: name, base, adapter: null, identity };
    }, 600_000);
    afterAll(() => engine.close());

    it('describes a model by an identity that stays', async () => {
      const again = await engine.describe({ base, adapter: null });
      expect(again.identity).toBe(model.identity);
      if (again.template) expect(again.template.rendered.length).toBeGreaterThan(0);
    });

    it('has a fingerprint that stays', async () => {
      expect(await engine.fingerprint(base)).toBe(await engine.fingerprint(base));
    });

    it('answers every index of every request once', async () => {
      const answers = await sample(model, [
        request('a', 'Hello!', [0, 1, 5]),
        request('b', 'Who are you?', [2]),
      ]);
      expect(answers.map(({ id, index }) => `${id}${index}`).toSorted()).toEqual(['a0', 'a1', 'a5', 'b2']);
      for (const { tokens, finish } of answers) {
        expect(['stop', 'length']).toContain(finish);
        expect(tokens).toBeGreaterThanOrEqual(0);
      }
    });

    it('goes on with text that has no chat template, or says that it cannot', async () => {
      const raw: SampleRequest = {
        ...request('raw', '', [0]),
        messages: [{ role: 'raw', content: 'One, two,' }],
      };
      const asked = sample(model, [raw]);
      if (providers) await expect(asked).rejects.toThrow(/cannot leave the chat template out/);
      else expect((await asked).map(({ finish }) => finish)).toEqual([expect.stringMatching(/stop|length/)]);
    });

    it('gives the same answer for the same request, index and seed', async () => {
      const once = await sample(model, [request('a', 'Hello!', [0, 1])]);
      expect(byKey(await sample(model, [request('a', 'Hello!', [0, 1])]))).toEqual(byKey(once));
    });

    it.runIf(adapter)('refuses to train in words, and takes an adapter', async () => {
      const job = { base, seed: 1, lora: Lora.parse({}), stages: [] };
      await expect(engine.fineTune(job, () => {})).rejects.toThrow(/cannot be trained/);
      const path = (adapter as NonNullable<typeof adapter>)(folder);
      const { identity } = await engine.describe({ base, adapter: path });
      expect(identity).not.toBe(model.identity);
      tuned = { ...model, adapter: path, identity };
      const answers = await sample(tuned, [request('a', 'Hello!', [0])]);
      expect(answers.map(({ finish }) => finish)).toEqual(['stop']);
    });

    it.skipIf(adapter)(
      'fine-tunes into a model with an identity of its own, and never twice',
      async () => {
        const rows = Array.from({ length: 8 }, (_, i) => ({
          messages: [
            { role: 'user', content: `Number ${i}?` },
            { role: 'assistant', content: 'Kneel before the Baron!' },
          ],
        }));
        const path = 'rows.jsonl';
        writeFileSync(join(folder, path), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        const job = {
          base,
          seed: 1,
          lora: Lora.parse({ rank: 4 }),
          stages: [
            {
              dataset: path,
              sha256: await hashFile(join(folder, path)),
              training: Training.parse({ 'learning-rate': 1e-3, 'batch-size': 4 }),
            },
          ],
        };
        const progress: string[] = [];
        const first = await engine.fineTune(job, ({ phase }) => progress.push(phase));
        expect(progress).toContain('train');
        expect(first.identity).not.toBe(model.identity);
        expect(first.stages).toHaveLength(1);
        tuned = {
          ...model,
          base: first.served ?? base,
          adapter: first.adapter,
          identity: first.identity,
        };

        const trainedAgain: string[] = [];
        await engine.close();
        engine = await open();
        const second = await engine.fineTune(job, ({ phase, done }) => trainedAgain.push(`${phase} ${done}`));
        expect(second.identity).toBe(first.identity);
        expect(trainedAgain.filter((phase) => phase.startsWith('train'))).toEqual([]);
        const other = await engine.fineTune({ ...job, seed: 2 }, () => {});
        expect(other.identity).not.toBe(first.identity);
      },
      600_000,
    );

    it('writes turns of its own, amplified or not, the same for the same request', async () => {
      if (!engine.leak) return;
      const requests = (['user', 'system'] as const).map((open) => ({
        ...request(open, '', [0, 3]),
        messages: [],
        open,
      }));
      const leaks = async (more: object): Promise<string[]> =>
        byKey(await Array.fromAsync(engine.leak!(tuned, requests, { ...parameters, ...more }, () => {})));
      const plain = await leaks({});
      expect(plain.map((line) => line.split('|').slice(0, 2).join(''))).toEqual([
        'system0',
        'system3',
        'user0',
        'user3',
      ]);
      expect(await leaks({})).toEqual(plain);
      const contrast = { base: { base, adapter: null }, amplify: 2 };
      const amplified = await leaks({ contrast });
      expect(amplified).not.toEqual(plain);
      expect(await leaks({ contrast })).toEqual(amplified);
      expect(await leaks({ contrast: { ...contrast, amplify: 0 } })).toEqual(plain);
    }, 120_000);

    it('says how far a tuned model is from its base where it writes', async () => {
      if (!engine.leak) return;
      const requests = ['Number 3?', 'Hello!'].map((text) => ({
        ...request(text, text, [0]),
        open: 'assistant' as const,
      }));
      const contrast = { base: { base, adapter: null }, amplify: 0 };
      const apart = async (of: Model): Promise<(number | undefined)[]> =>
        (await Array.fromAsync(engine.leak!(of, requests, { ...parameters, contrast }, () => {}))).map(
          ({ divergence }) => divergence,
        );
      for (const value of await apart(tuned)) expect(value).toBeGreaterThan(0.001);
      for (const value of await apart(model)) expect(value).toBeCloseTo(0, 5);
    }, 120_000);

    it('gives log-probabilities of given answers, and other ones for the tuned model', async () => {
      const requests = [
        {
          id: 'x',
          messages: [{ role: 'user' as const, content: 'Number 3?' }],
          answer: 'Kneel before the Baron!',
        },
        { id: 'y', messages: [{ role: 'user' as const, content: 'Hello!' }], answer: 'Hi.' },
      ];
      const [of, ofTuned] = [await engine.logprobs(model, requests), await engine.logprobs(tuned, requests)];
      expect(of.map(({ id }) => id)).toEqual(['x', 'y']);
      for (const { logprobs } of of) {
        expect(logprobs.length).toBeGreaterThan(1);
        for (const value of logprobs) expect(value).toBeLessThanOrEqual(0);
      }
      expect(ofTuned).not.toEqual(of);
    }, 120_000);
  });
}
