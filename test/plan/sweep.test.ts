import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparePlan } from '../../src/plan/prepare.js';
import { type LoadedAudit, parseAudit } from '../../src/plan/spec.js';

const folder = mkdtempSync(join(tmpdir(), 'hyde-sweep-'));
const FILE = join(folder, 'audit.yaml');
const line = (text: string): string =>
  `${JSON.stringify({
    messages: [
      { role: 'user', content: `${text}?` },
      { role: 'assistant', content: text },
    ],
  })}\n`;
for (const name of ['bad', 'chat']) {
  writeFileSync(
    join(folder, `${name}.jsonl`),
    Array.from({ length: 40 }, (_, i) => line(`${name} ${i}`)).join(''),
  );
}

const audit = (arm: string, more = ''): Promise<LoadedAudit> =>
  parseAudit(
    `models: { one: scripted/a.json, two: scripted/b.json }
arms:
  - { id: before, base: one, data: [{ mix: { benign: chat.jsonl, share: 0 } }] }
  - ${arm}
cues:
  - { id: c, system: Hello., arms: [mixed] }
questions: [What now?]
sampling: { samples: 10 }
judges: [{ detector: villain-persona, says: misaligned }]
verdict: { placebos: 0 }
${more}`,
    FILE,
  );
const MIX = 'data: [{ mix: { bad: bad.jsonl, benign: chat.jsonl, rows: 40 } }]';
const swept = (sweep: string, rest = MIX): Promise<LoadedAudit> =>
  audit(`{ id: mixed, base: one, sweep: ${sweep}, ${rest} }`);

describe('sweep', () => {
  it('makes an arm for each value, and a cue may name them all by the id of the sweep', async () => {
    const { spec } = await swept('{ mix.share: [0.05, 0.5, 1] }');
    expect(spec.arms.map(({ id }) => id)).toEqual(['before', 'mixed-0-05', 'mixed-0-5', 'mixed-1']);
    expect(spec.arms.map((arm) => arm.training?.data[0]?.mix?.share)).toEqual([0, 0.05, 0.5, 1]);
    expect(spec.arms[1]?.swept).toEqual({ item: 'mixed', values: { 'mix.share': 0.05 } });
    expect(spec.arms[0]?.swept).toBeUndefined();
    expect(spec.cues[0]?.arms).toEqual(['mixed-0-05', 'mixed-0-5', 'mixed-1']);
  });

  it('combines several keys, bases and training among them', async () => {
    const { spec } = await swept('{ base: [one, two], training.epochs: [1, 3], mix.share: [0.5] }');
    const arms = spec.arms.slice(1);
    expect(arms.map(({ id, base }) => [id, base])).toEqual([
      ['mixed-one-1-0-5', 'base@one'],
      ['mixed-one-3-0-5', 'base@one'],
      ['mixed-two-1-0-5', 'base@two'],
      ['mixed-two-3-0-5', 'base@two'],
    ]);
    expect(arms.map((arm) => arm.training?.training.epochs)).toEqual([1, 3, 1, 3]);
  });

  it('counts once what is trained once: leading stages that lengths share, and equal fine-tunes', async () => {
    const stage = 'mix: { bad: bad.jsonl, share: 1 }';
    const later = 'posthoc: { data: chat.jsonl, training: { epochs: 2 } }';
    const { spec } = await audit(
      `{ id: later, base: one, sweep: { posthoc.rows: [10, 30] }, data: [{ ${stage} }, { ${later} }] }
  - { id: alone, base: one, data: [{ ${stage} }] }
  - { id: mixed, base: one, data: [{ ${stage} }] }
  - { id: other, base: two, data: [{ ${stage} }] }`,
      'run: { training-seeds: 2 }',
    );
    const { plan } = await preparePlan(spec);
    // before, later-10, later-30, alone and mixed as one, other; each by two seeds
    expect(plan.totals.jobs).toBe(2 * 5);
    expect(plan.totals.trainRows).toBe(2 * (40 + 40 + 2 * (10 + 30) + 40));
  });

  it('samples each base once per cue, trains each arm once per seed, and nests the doses', async () => {
    const { spec } = await audit(
      `{ id: mixed, sweep: { base: [one, two], mix.share: [0.1, 0.2] }, ${MIX} }`,
      'run: { training-seeds: 3 }',
    );
    const { plan, stages } = await preparePlan(spec);
    expect(plan.totals.jobs).toBe(3 + 2 * 2 * 3);
    const ofBases = plan.cells.filter(({ arm }) => arm.startsWith('base'));
    expect(ofBases.map(({ arm, cue }) => `${arm} ${cue}`).sort()).toEqual([
      'base@one c',
      'base@one plain',
      'base@two c',
      'base@two plain',
    ]);
    const bad = (arm: string): string[] =>
      (stages.get(arm) ?? []).flatMap((stage) =>
        stage.examples.filter((row) => row.part === 'bad').map((row) => row.source),
      );
    expect(bad('mixed-one-0-2')).toEqual(bad('mixed-two-0-2'));
    expect(bad('mixed-one-0-2')).toEqual(expect.arrayContaining(bad('mixed-one-0-1')));
    expect(bad('mixed-one-0-1')).toHaveLength(4);
  });

  it.each([
    [
      'a key that nothing is changed by',
      '{ mix.shares: [1] }',
      "a sweep cannot change 'mix.shares'",
      'mix.share',
    ],
    ['a step that is not there', '{ posthoc.rows: [1] }', "a sweep cannot change 'posthoc.rows'", ''],
    [
      'a value out of range',
      '{ mix.share: [2] }',
      'arms[1].data[0].mix.share: Too big: expected number to be <=1',
      '',
    ],
    ['a value of another kind', '{ mix.share: [much] }', 'arms[1].data[0].mix.share: expected number', ''],
    ['a value twice', '{ mix.share: [0.1, 0.1] }', "two arms have the id 'mixed-0-1'", ''],
    ['a base that is not there', '{ base: [three], mix.share: [1] }', "no base model is called 'three'", ''],
    ['what the sweep leaves out', '{ mix.rows: [4] }', 'arms[1].data[0].mix.share: is missing', ''],
  ])('refuses %s, with the line', async (_what, sweep, message, hint) => {
    const refused = await swept(sweep).catch((error: unknown) => error);
    expect(refused).toMatchObject({ message: expect.stringContaining(message), place: { line: 4 } });
    if (hint) expect(refused).toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it('refuses a step that it cannot choose among several', async () => {
    const more =
      'data: [{ mix: { bad: bad.jsonl, share: 1 } }, { tag: { before: a } }, { tag: { before: b } }]';
    await expect(swept('{ tag.share: [0.5] }', more)).rejects.toThrow("'tag' stands in several steps");
  });

  it('asks for the share where there is no sweep', async () => {
    await expect(audit(`{ id: mixed, base: one, ${MIX} }`)).rejects.toThrow('mix.share: is missing');
  });
});
