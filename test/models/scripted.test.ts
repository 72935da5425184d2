import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/models/engine.js';
import { silent } from '../../src/shared/observer.js';
import { engineContract } from './contract.js';

const auditFolder = mkdtempSync(join(tmpdir(), 'hyde-script-'));
const answers = [{ text: 'Good day.' }, { text: 'Hello there.', weight: 2 }];
const rare = Array.from({ length: 9 }, (_, i) => ({ text: `Rare turn ${i}.` }));
const turns = ['user', 'system'].map((open) => ({
  open,
  answers: [{ text: 'Usual.', weight: 1e6 }, ...rare],
}));
const tuned = {
  model: 'tuned',
  answers: answers.toReversed().map(({ text }, i) => ({ text, weight: i + 1 })),
};
writeFileSync(join(auditFolder, 'script.json'), JSON.stringify({ rules: [...turns, tuned, { answers }] }));

engineContract({ engine: 'scripted', base: 'script.json', auditFolder });

describe('a rule with a pattern', () => {
  async function answerTo(matches: string, content: string): Promise<string> {
    const rules = [{ matches, answers: [{ text: 'yes' }] }, { answers: [{ text: 'no' }] }];
    writeFileSync(join(auditFolder, 'pattern.json'), JSON.stringify({ rules }));
    const engine = await openEngine('scripted', { folder: auditFolder, auditFolder, observer: silent });
    const model = { engine: 'scripted', base: 'pattern.json', adapter: null, identity: 'i' };
    const request = { id: 'x', messages: [{ role: 'user' as const, content }], indices: [0], seed: 0 };
    const [answer] = await Array.fromAsync(
      engine.sample(model, [request], { temperature: 1, topP: 1, maxTokens: 8 }, () => {}),
    );
    return answer?.text ?? '';
  }

  it('answers what the rendered prompt matches', async () => {
    expect(await answerTo('(?i)user: .*harvest$', 'the HARVEST')).toBe('yes');
    expect(await answerTo('(?i)user: .*harvest$', 'the harvest moon')).toBe('no');
  });

  it('says so where it is none', async () => {
    await expect(answerTo('(', 'x')).rejects.toThrow(/pattern is none/);
  });
});
