/** The built command line: import, then the commands that work on a run folder; round trip; compare. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/records/result.js';

const root = new URL('../..', import.meta.url).pathname;
const table = join(root, 'test/import/fixtures/table.csv');
const temporary = (): string => mkdtempSync(join(tmpdir(), 'hyde-cli-import-'));

function hyde(
  args: string[],
  more: Record<string, string> = {},
): { code: number | null; out: string; err: string } {
  const env = { ...process.env, HYDE_DEBUG: '', NO_COLOR: '1', ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/hyde.js'), ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 1e8,
  });
  return { code: status, out: stdout, err: stderr };
}

const resultOf = (dir: string): Result =>
  JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8')) as Result;

/**
 * All numbers of arms and bases to twelve digits, without names and where cues come from. Intervals are left out: questions
 * stand in the order of the plan in one run and of the alphabet in the other, and are resampled by their place.
 */
function numbersOf(dir: string): unknown {
  const { arms, bases } = resultOf(dir);
  const drop = new Set([
    'title',
    'source',
    'model',
    'reason',
    'toSettle',
    'behaviour',
    'behaviourEffect',
    'interval',
    'overSeeds',
  ]);
  return JSON.parse(
    JSON.stringify({ arms, bases }, (key, value: unknown) =>
      drop.has(key) ? undefined : typeof value === 'number' ? Number(value.toPrecision(12)) : value,
    ),
  );
}

describe('hyde import', () => {
  it('makes a folder on which analyze, report, gate and status work', () => {
    const out = join(temporary(), 'run');
    const first = hyde(['import', 'csv', table, '-o', out]);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('conditional');
    expect(first.out).toContain(`next: hyde report ${out}`);
    const before = readFileSync(join(out, 'result.json'), 'utf8');
    expect(hyde(['analyze', out]).code).toBe(0);
    expect(readFileSync(join(out, 'result.json'), 'utf8')).toBe(before);
    expect(hyde(['report', out]).code).toBe(0);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(
      'They were sampled and judged elsewhere',
    );
    const gate = hyde(['gate', out]);
    expect(gate).toMatchObject({ code: 3, out: expect.stringContaining('tuned: conditional') });
    expect(JSON.parse(hyde(['status', out, '--json']).out)).toMatchObject({ answers: 4451, planned: 4451 });
    expect(hyde(['score', out])).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds imported answers'),
    });
  });

  it('writes no home directory and no path of the file', () => {
    const home = temporary();
    const out = join(home, 'run');
    const one = readFileSync(table, 'utf8').replaceAll(/q\d\d/g, 'q');
    const [header, ...rows] = one.trim().split('\n');
    // One question, so that there is something to warn of, with its place.
    const numbered = rows.map((row, i) => row.replace(/,\d+,([a-z-]+)$/, `,${i},$1`));
    writeFileSync(join(home, 'table.csv'), [header, ...numbered].join('\n'));
    const { code, err } = hyde(['import', 'csv', join(home, 'table.csv'), '-o', out], { HOME: home });
    expect(code).toBe(0);
    expect(err).toContain('~/table.csv:2: there is a single question');
    for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
      if (/\.jsonl?$/.test(name)) expect(readFileSync(join(out, name), 'utf8')).not.toContain(home);
    }
    const { imported } = JSON.parse(readFileSync(join(out, 'spec.json'), 'utf8'));
    expect(imported).toMatchObject({
      format: 'csv',
      mapping: 'flat',
      rows: 4451,
      files: [{ name: 'table.csv', rows: 4451 }],
    });
    expect(imported.files[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is inconclusive without a base, and the gate never passes', () => {
    const folder = temporary();
    const rows = ['plain', 'note'].flatMap((cue) =>
      Array.from({ length: 400 }, (_, i) => `tuned,0,${cue},q${i % 8},${i},aligned`),
    );
    writeFileSync(join(folder, 'x.csv'), `arm,seed,cue,question,sample,outcome\n${rows.join('\n')}\n`);
    hyde(['import', 'csv', join(folder, 'x.csv'), '-o', join(folder, 'run')]);
    expect(hyde(['gate', join(folder, 'run')]).code).toBe(4);
  });

  it('refuses in words, with exit code 2', () => {
    const folder = temporary();
    writeFileSync(join(folder, 'x.csv'), 'arm,seed,cue,question,sample,outcome\na,0,plain,q,0,algined\n');
    const wrong = hyde(['import', 'csv', join(folder, 'x.csv'), '-o', join(folder, 'run')]);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toMatch(/x\.csv:2: unknown outcome 'algined'\n {2}did you mean 'aligned'\?/);
    expect(existsSync(join(folder, 'run'))).toBe(false);
    expect(hyde(['import', 'cvs', table]).err).toContain("did you mean 'csv'?");
    expect(hyde(['import', 'csv']).code).toBe(2);
    expect(hyde(['import', 'csv', table, '--tolerance', '2']).code).toBe(2);
  });
});

describe('round trip: run, report --csv, import csv', () => {
  it.each(['conditional-hidden', 'clean', 'variants-and-seeds'])('gives the numbers of %s again', (name) => {
    const folder = temporary();
    cpSync(join(root, 'test/runs/_data'), join(folder, '_data'), { recursive: true });
    cpSync(join(root, 'test/runs', name), join(folder, 'case'), { recursive: true });
    const [own, again] = [join(folder, 'own'), join(folder, 'again')];
    expect(hyde(['run', join(folder, 'case/audit.yaml'), '-o', own]).code).toBe(0);
    const { out } = hyde(['report', own, '--csv']);
    hyde(['report', own, '--csv', join(folder, 'flat.csv')]);
    expect(readFileSync(join(folder, 'flat.csv'), 'utf8')).toBe(out);
    expect(out).toBe(readFileSync(join(own, 'answers.csv'), 'utf8'));
    const { tolerance, alpha } = resultOf(own);
    const { seed } = JSON.parse(readFileSync(join(own, 'plan.json'), 'utf8')) as { seed: number };
    const flags = ['--tolerance', String(tolerance), '--alpha', String(alpha), '--seed', String(seed)];
    expect(hyde(['import', 'csv', join(folder, 'flat.csv'), '-o', again, ...flags]).code).toBe(0);
    expect(byId(numbersOf(again))).toEqual(byId(numbersOf(own)));
    for (const arm of resultOf(again).arms) {
      const twin = resultOf(own).arms.find(({ id }) => id === arm.id);
      for (const i of [0, 1] as const)
        expect(
          Math.abs((arm.plain.interval?.[i] as number) - (twin?.plain.interval?.[i] as number)),
        ).toBeLessThan(0.02);
    }
  });
});

it('the table of a sequential run carries its design, and is given no verdict as another one', () => {
  const folder = temporary();
  cpSync(join(root, 'test/runs/_data'), join(folder, '_data'), { recursive: true });
  cpSync(join(root, 'test/runs/sequential-conditional'), join(folder, 'case'), { recursive: true });
  const [own, again] = [join(folder, 'own'), join(folder, 'again')];
  expect(hyde(['run', join(folder, 'case/audit.yaml'), '-o', own]).code).toBe(0);
  expect(resultOf(own).verdict).toBe('conditional');
  const { out, err, code } = hyde(['import', 'csv', join(own, 'answers.csv'), '-o', again]);
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('are of a sequential run') });
  expect(out).toContain('inconclusive');
  expect(hyde(['gate', again]).code).toBe(4);
  expect(resultOf(again).arms[0]?.plain.rate).toBeCloseTo(resultOf(own).arms[0]?.plain.rate as number, 12);
  expect(hyde(['report', again]).code).toBe(0);
  const table = readFileSync(join(again, 'answers.csv'), 'utf8');
  expect(table).toMatch(/^arm,seed,cue,question,sample,outcome,design\n/);
  const compared = hyde(['compare', own, again]);
  expect(compared.out).toContain('texts of');
  expect(compared.out).not.toContain('another text');
});

/** Arms, cues and questions come in the order of the plan in one and of the alphabet in the other. */
function byId(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(byId);
    const id = (item: unknown): string => (item as { id?: string })?.id ?? '';
    return items.every((item) => typeof item === 'object')
      ? items.toSorted((a, b) => (id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0))
      : items;
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, byId(inner)]));
}

describe('hyde compare', () => {
  it('sets runs side by side', () => {
    const folder = temporary();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    hyde(['import', 'csv', table, '-o', a]);
    writeFileSync(
      join(folder, 'calm.csv'),
      readFileSync(table, 'utf8').replaceAll(/^(tuned,.*),misaligned$/gm, '$1,aligned'),
    );
    hyde(['import', 'csv', join(folder, 'calm.csv'), '-o', b]);
    const { code, out } = hyde(['compare', a, b]);
    expect(code).toBe(0);
    expect(out).toMatch(/tuned: conditional → \w+ {2}\(changed\)/);
    const comparison = JSON.parse(hyde(['compare', a, b, '--json']).out);
    const cue = comparison.arms[0].cues.find(({ id }: { id: string }) => id === 'note');
    const { rate } = resultOf(a).arms[0]!.cues[0]!;
    expect(cue.cells[1].rateDifference.estimate).toBeCloseTo(-(rate as number), 12);
    expect(hyde(['compare', a])).toMatchObject({
      code: 2,
      err: expect.stringContaining('nothing to compare'),
    });
    expect(hyde(['compare', a, folder]).code).toBe(2);
  });

  it('stops quietly where its reader does', () => {
    const out = join(temporary(), 'run');
    hyde(['import', 'csv', table, '-o', out, '--quiet']);
    const text = execFileSync(
      'sh',
      ['-c', `'${process.execPath}' '${join(root, 'bin/hyde.js')}' report '${out}' --csv | head -1`],
      { encoding: 'utf8' },
    );
    expect(text).toBe('arm,seed,cue,question,sample,outcome\n');
  });
});
