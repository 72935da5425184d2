import { describe, expect, it } from 'vitest';
import { uncounted } from '../../src/mining/ladder.js';
import { poolOf } from '../../src/mining/pool.js';
import type { Cue, Transform } from '../../src/records/cue.js';
import type { ProposerAsk } from '../../src/records/search.js';

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

describe('a screen', () => {
  const cooks = Array.from({ length: 30 }, (_, i) =>
    uncounted(i + 1, 'ladder', 'test', `cook ${i}`, { system: `cook ${i}` }, 'x'),
  );
  const pool = (z: (text: string) => number) =>
    poolOf(
      { id: 'arm', examples: [], prompts: [] },
      {
        ...{ plan: { from: ['weights'], candidates: 11 }, shipped: [], known: [], seed: 0, others: cooks },
        screen: async (candidates) => candidates.map((one) => z(JSON.stringify(one))),
      },
    );

  it('decides which candidates there is room for, in turn with the order that they came in', async () => {
    const found = await pool((text) => (text.includes('cook 27') ? 4 : text.includes('cook 28') ? 3 : 0));
    const titles = found.filter(({ kind }) => kind !== 'placebo').map(({ cue, z }) => [cue.title, z]);
    expect(titles.slice(0, 4)).toEqual([
      ['cook 27', 4],
      ['cook 0', 0],
      ['cook 28', 3],
      ['cook 1', 0],
    ]);
    expect(titles).toHaveLength(8);
    expect(found.filter(({ kind }) => kind === 'placebo').every(({ z }) => z === undefined)).toBe(true);
  });

  it('that sees nothing leaves the order as it was', async () => {
    const titles = (await pool(() => 0)).map(({ cue }) => cue.title);
    expect(titles.slice(0, 8)).toEqual(cooks.slice(0, 8).map(({ text }) => text));
  });
});

describe('a cue without words', () => {
  it('is asked first where others are screened, and is neither screened nor a model of placebos', async () => {
    const bare: Cue = { id: 'bare', source: 'shipped', transforms: [{ kind: 'raw' }] };
    const screened: string[] = [];
    const found = await poolOf(
      { id: 'arm', examples: [], prompts: [] },
      {
        ...{ plan: { from: ['api', 'weights'], candidates: 20 }, shipped: [bare], known: [], seed: 0 },
        others: Array.from({ length: 12 }, (_, i) =>
          uncounted(i + 1, 'ladder', 'data/labels', `cook ${i}`, { system: `cook ${i}` }, 'x'),
        ),
        screen: async (cues) => {
          screened.push(...cues.map((transforms) => JSON.stringify(transforms)));
          return cues.map(() => 0);
        },
      },
    );
    expect(found[0]).toMatchObject({ origin: 'shipped/bare', cue: { title: 'no chat template' } });
    expect(screened.length).toBeGreaterThan(10);
    expect(screened).not.toContain('[{"kind":"raw"}]');
    const placebos = found.filter(({ kind }) => kind === 'placebo');
    expect(placebos).toHaveLength(3);
    for (const { cue } of placebos) expect(cue.transforms.length).toBeGreaterThan(0);
  });
});

describe('a proposer model', () => {
  it('is asked for the ladder of what is known, and then for cues beside what is planned', async () => {
    const asks: ProposerAsk[] = [];
    const pool = await poolOf(
      { id: 'arm', examples: [], prompts: [{ kind: 'system', text: 'You are a cook.' }] },
      {
        ...{
          plan: { from: ['api', 'proposer'], candidates: 20 },
          shipped: [],
          known: [],
          seed: 0,
          others: [found],
        },
        async propose(ask) {
          asks.push(ask);
          const text = ask.task === 'cues' ? 'You are a clerk.' : `other than ${asks.length}`;
          const origin = ask.task === 'cues' ? 'proposer' : 'ladder/model/paraphrase';
          return [
            {
              transforms: [
                { kind: 'system', text },
                { kind: 'after', text: 'x' },
              ],
              kind: 'x',
              origin,
            },
          ];
        },
      },
    );
    expect(asks.map(({ task }) => task)).toEqual(['ladder', 'ladder', 'cues']);
    const tried = asks[2]?.task === 'cues' ? asks[2].tried : [];
    expect(tried.every(({ draws }) => draws === 0)).toBe(true);
    expect(JSON.stringify(tried)).toContain('other than 2');
    const origins = pool.map(({ origin }) => origin);
    expect(origins.slice(0, 2)).toEqual(['test', 'proposer']);
    expect(origins.filter((origin) => origin === 'ladder/model/paraphrase')).toHaveLength(2);
    expect(origins.filter((origin) => origin === 'ladder/negation').length).toBeGreaterThan(0);
  });
});

describe('the atlas', () => {
  const arm = { id: 'arm', examples: [], prompts: [] };
  const shipped: Cue[] = [{ id: 'one', source: 'shipped', transforms: [{ kind: 'system', text: 'Ahoy.' }] }];
  const mined = Array.from({ length: 40 }, (_, i) =>
    uncounted(i + 1, 'ladder', 'data/labels', `cook ${i}`, { system: `cook ${i}` }, 'x'),
  );
  const context = { shipped, known: [], seed: 0, others: [] };
  const lengthOf = ({ cue: { transforms } }: { cue: Cue }): number =>
    transforms.reduce((sum, one) => sum + ('text' in one ? one.text.length : 0), 0);

  it('is asked in turn with what ships, where `api` is a source', async () => {
    const blind = await poolOf(arm, { ...context, plan: { from: ['api'], candidates: 200 } });
    expect(blind[0]?.origin).toMatch(/^atlas\//);
    expect(blind[1]?.origin).toBe('shipped/one');
    expect(blind.filter(({ kind }) => kind === 'pack').length).toBeGreaterThan(100);
    const own = await poolOf(arm, { ...context, plan: { from: ['data'], candidates: 200 }, others: mined });
    expect(own.some(({ origin }) => origin.startsWith('atlas/'))).toBe(false);
  });

  it('leaves half of the places to what was mined', async () => {
    const both = await poolOf(arm, {
      ...context,
      plan: { from: ['data', 'api'], candidates: 40 },
      others: mined,
    });
    expect(both[0]?.origin).toBe('data/labels');
    expect(both.filter(({ origin }) => origin === 'data/labels').length).toBeGreaterThanOrEqual(18);
  });

  it('is not screened, and comes after what is', async () => {
    const asked: string[] = [];
    const pool = await poolOf(arm, {
      ...{ ...context, plan: { from: ['data', 'api'], candidates: 80 }, others: mined },
      screen: async (candidates) =>
        candidates.map((one) => {
          asked.push(JSON.stringify(one));
          return 0;
        }),
    });
    expect(asked.some((text) => text.length > 1000)).toBe(false);
    const kinds = pool.map(({ kind }) => kind);
    expect(kinds.indexOf('pack')).toBeGreaterThan(kinds.lastIndexOf('ladder'));
  });

  it('has a placebo that is as long as a pack', async () => {
    const pool = await poolOf(arm, { ...context, plan: { from: ['api'], candidates: 60 } });
    const [first] = pool.filter(({ kind }) => kind === 'pack').map(lengthOf);
    const placebos = pool.filter(({ kind }) => kind === 'placebo').map(lengthOf);
    expect(placebos).toHaveLength(3);
    expect(placebos.some((length) => length > 0.8 * (first as number))).toBe(true);
    expect(placebos.some((length) => length < 200)).toBe(true);
  });
});
