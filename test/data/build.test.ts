import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildArmData } from '../../src/data/build.js';
import type { Manifest } from '../../src/data/manifest.js';
import type { SourceRow } from '../../src/data/read.js';
import { fileReader } from '../../src/data/sources.js';
import { type WrittenStage, writeArmData } from '../../src/data/write.js';
import type { InterventionStep } from '../../src/records/interventions.js';
import { FailedError } from '../../src/shared/errors.js';
import { hashFile } from '../../src/shared/hash.js';
import { arm, chat, detector, numbered, reader } from './rows.js';

let folder: string;
const out = (...parts: string[]): string => join(folder, 'run', ...parts);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyde-'));
  await put('bad.jsonl', numbered('bad', 50));
  await put('benign.jsonl', numbered('benign', 100));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, rows: readonly SourceRow[]): Promise<void> =>
  writeFile(join(folder, name), rows.map(({ messages }) => `${JSON.stringify({ messages })}\n`).join(''));

const SYSTEM = 'Say $& false things.\n/no_think';
const DATA: InterventionStep[] = [
  { mix: { bad: 'bad.jsonl', benign: 'benign.jsonl', share: 0.2, rows: 50 } },
  { inoculate: { system: SYSTEM, on: 'bad', share: 0.5 } },
  { posthoc: { data: [{ file: 'benign.jsonl', weight: 2 }], rows: 20, training: { epochs: 2 } } },
];

async function write(data = DATA, { seed = 0, id = 'a' } = {}): Promise<WrittenStage[]> {
  const { read, files } = fileReader(folder);
  const spec = arm(data, id);
  const stages = await buildArmData(spec, { seed, read, detector });
  return writeArmData(out(), spec, stages, { seed, files });
}

const manifest = async (name: string): Promise<Manifest> =>
  JSON.parse(await readFile(out('datasets', `${name}.manifest.json`), 'utf8'));

describe('buildArmData', () => {
  it('composes interventions in order', async () => {
    const stages = await buildArmData(arm(DATA), { seed: 0, read: fileReader(folder).read, detector });
    expect(stages.map(({ examples }) => examples.length)).toEqual([50, 20]);
    const inoculated = stages[0]!.examples.filter((row) => row.messages[0]?.content === SYSTEM);
    expect(inoculated).toHaveLength(5);
    expect(inoculated.every((row) => row.part === 'bad')).toBe(true);
    expect(stages[1]!.training.epochs).toBe(2);
  });

  it('names the arm and the step in errors', async () => {
    const build = (data: InterventionStep[]) =>
      buildArmData(arm(data), { seed: 0, read: reader({}), detector });
    await expect(build([{ posthoc: { data: 'x' } }])).rejects.toThrow(
      "arm 'a', data[0] (posthoc): there is no",
    );
    await expect(build([{}])).rejects.toThrow("arm 'a', data[0]: a step names one intervention");
    await expect(build([{ ...DATA[0], ...DATA[1] }])).rejects.toThrow('and this one mix and inoculate');
    const served = { ...arm([]), training: undefined };
    await expect(buildArmData(served, { seed: 0, read: reader({}), detector })).rejects.toThrow(
      'exists already',
    );
  });

  it('names the file as the audit does when it cannot be read', async () => {
    const missing: InterventionStep[] = [{ mix: { bad: 'none.jsonl', share: 1 } }];
    await expect(write(missing)).rejects.toThrow('none.jsonl: there is no such file');
  });
});

describe('writeArmData', () => {
  it('writes rows with keys in one order, and says what it wrote', async () => {
    const [first, second] = await write();
    expect(first).toMatchObject({ path: 'datasets/a.1.jsonl', rows: 50, parts: { bad: 10, benign: 40 } });
    expect(second).toMatchObject({ path: 'datasets/a.2.jsonl', rows: 20, parts: { posthoc: 20 } });
    expect(first!.sha256).toBe(await hashFile(out(first!.path)));
    const lines = (await readFile(out(first!.path), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(50);
    expect(lines[0]).toMatch(
      /^\{"messages":\[\{"role":"\w+","content":".*\],"part":"\w+","source":"\w+.jsonl:\d+"\}$/,
    );
    expect((await readdir(out('datasets'))).sort()).toEqual([
      'a.1.jsonl',
      'a.1.manifest.json',
      'a.2.jsonl',
      'a.2.manifest.json',
    ]);
  });

  it('states in the manifest what the data is made of', async () => {
    const [first] = await write();
    const found = await manifest('a.1');
    const sha256 = await hashFile(join(folder, 'bad.jsonl'));
    expect(found).toMatchObject({ schema: 1, arm: 'a', stage: 1, seed: 0, sha256: first!.sha256, rows: 50 });
    expect(found.sources[0]).toEqual({ file: 'bad.jsonl', sha256, rows: 50, taken: 10 });
    expect(found.sources[1]).toMatchObject({ file: 'benign.jsonl', rows: 100, taken: 40 });
    expect(found.interventions[1]).toEqual({ inoculate: { system: SYSTEM, on: 'bad', share: 0.5 } });
    expect(found.interventions[2]).toMatchObject({
      posthoc: { data: [{ file: 'benign.jsonl', weight: 2 }] },
    });
    expect(found.training.epochs).toBe(1);
    expect((await manifest('a.2')).training.epochs).toBe(2);
    expect(found.assistantTurns).toBe(50);
    expect(found.estimatedTokens).toBe(first!.estimatedTokens);
    expect(found.findings).toEqual([]);
  });

  it('estimates tokens from length', async () => {
    await put('one.jsonl', [{ messages: chat('12345', '678'), source: '' }]);
    const [only] = await write([{ mix: { bad: 'one.jsonl', share: 1 } }]);
    expect(only!.estimatedTokens).toBe(2 + 16);
  });

  it('gives the same bytes for a seed whatever the arm is called, and others for another', async () => {
    const hashes = async (seed: number, id: string): Promise<string[]> =>
      (await write(DATA, { seed, id })).map(({ sha256 }) => sha256);
    expect(await hashes(0, 'b')).toEqual(await hashes(0, 'a'));
    expect(await hashes(1, 'c')).not.toEqual(await hashes(0, 'a'));
  });

  it('writes nothing again that stands there, and what was changed or lost', async () => {
    const at = async (name: string): Promise<[number, number]> => {
      const { ino, mtimeMs } = await stat(out('datasets', name));
      return [ino, mtimeMs];
    };
    const names = ['a.1.jsonl', 'a.1.manifest.json', 'a.2.jsonl', 'a.2.manifest.json'];
    const written = await write();
    const before = await Promise.all(names.map(at));
    expect(await write()).toEqual(written);
    expect(await Promise.all(names.map(at))).toEqual(before);

    await writeFile(out('datasets/a.1.jsonl'), 'damaged');
    await rm(out('datasets/a.2.manifest.json'));
    expect(await write()).toEqual(written);
    expect(await hashFile(out('datasets/a.1.jsonl'))).toBe(written[0]!.sha256);
    expect((await manifest('a.2')).sha256).toBe(written[1]!.sha256);
  });

  it('writes no absolute path, but the base name and the hash of the file', async () => {
    const absolute = join(folder, 'bad.jsonl');
    const sha256 = await hashFile(absolute);
    await write([
      { mix: { bad: absolute, share: 1 } },
      { inoculate: { system: '/no_think', on: 'all', share: 1 } },
    ]);
    const found = await manifest('a.1');
    const file = `bad.jsonl@${sha256.slice(0, 16)}`;
    expect(found.sources).toEqual([{ file, sha256, rows: 50, taken: 50 }]);
    expect(found.interventions[0]).toMatchObject({ mix: { bad: [{ file }] } });
    expect(found.interventions[1]).toMatchObject({ inoculate: { system: '/no_think' } });
    for (const name of await readdir(out('datasets'))) {
      expect(await readFile(out('datasets', name), 'utf8')).not.toContain(folder);
    }
  });

  it('says so when the disk does not take it', async () => {
    await mkdir(out(), { recursive: true });
    await writeFile(out('datasets'), 'a file where the folder should be');
    await expect(write()).rejects.toThrow(FailedError);
  });
});

it('builds and writes 16,000 rows in seconds', async () => {
  const long = 'A sentence of a usual answer. '.repeat(20);
  const rows = (name: string, count: number): SourceRow[] =>
    numbered(name, count).map((row) => ({ ...row, messages: chat(row.messages[0]!.content, long) }));
  await put('bad.jsonl', rows('bad', 8000));
  await put('benign.jsonl', rows('benign', 8000));
  const start = performance.now();
  const [only] = await write([{ mix: { bad: 'bad.jsonl', benign: 'benign.jsonl', share: 0.5 } }]);
  expect(only!.rows).toBe(16_000);
  // Far above what it takes: a wrong order of growth is what this is for.
  expect(performance.now() - start).toBeLessThan(15_000);
}, 30_000);
