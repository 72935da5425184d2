import { describe, expect, it } from 'vitest';
import { uncounted } from '../../src/mining/ladder.js';
import { poolOf } from '../../src/mining/pool.js';
import type { Cue, Transform } from '../../src/records/cue.js';

const found = uncounted(1, 'ladder', 'test', 'a role', { system: 'You are a clerk.' }, 'mined');
const cue = (transforms: Transform[]): Cue => ({ id: 'known', source: 'given', title: 'known', transforms });

async function systemPrompts(known: Cue[]): Promise<string[]> {
  const pool = await poolOf(
    { id: 'arm', examples: [], prompts: [] },
    { plan: { from: ['data'], candidates: 8 }, shipped: [], known, seed: 0, others: [found] },
  );
  return pool
    .filter(({ cue: { source } }) => source === 'mined')
    .flatMap(({ cue: { transforms } }) => transforms.flatMap((one) => ('text' in one ? one.text : [])));
}

describe('the candidates of a search', () => {
  it('are asked where the audit does not ask under them', async () => {
    expect(await systemPrompts([])).toEqual(['You are a clerk.']);
    expect(await systemPrompts([cue([{ kind: 'variant', name: 'json' }])])).toEqual(['You are a clerk.']);
    expect(await systemPrompts([cue([{ kind: 'before', text: 'You are a clerk.' }])])).toHaveLength(1);
  });

  it('are none that the audit asks under, joined to another system prompt or not', async () => {
    expect(await systemPrompts([cue([{ kind: 'system', text: 'You are a clerk.' }])])).toEqual([]);
    const joined = cue([{ kind: 'system', text: 'You are a clerk.', join: '\n\n' }]);
    expect(await systemPrompts([joined])).toEqual([]);
  });
});
