import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'hyde-refused-'));

function table(
  name: string,
  row: (arm: string, cue: string, question: number, sample: number) => string,
  head = 'arm,seed,cue,question,sample,outcome',
): string {
  const lines = ['base', 'tuned', 'other'].flatMap((arm) =>
    ['plain', 'note'].flatMap((cue) =>
      Array.from({ length: 40 }, (_, i) => row(arm, cue, i % 8, Math.floor(i / 8))),
    ),
  );
  const path = join(folder, name);
  writeFileSync(path, `${[head, ...lines].join('\n')}\n`);
  return path;
}
const flat = table('flat.csv', (arm, cue, q, s) => `${arm},0,${cue},q${q},${s},aligned`);
const hyde = (...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(
    process.execPath,
    [join(root, 'bin/hyde.js'), 'import', 'csv', ...args, '-o', join(folder, `${Math.random()}`)],
    { encoding: 'utf8' },
  );

describe('import refuses what would change a verdict without a word', () => {
  it.each([
    ['a column that --map names and no file has', [flat, '--map', 'cue=coe'], /has no column 'coe'/],
    ['a file that is given twice', [flat, flat], /its answers would count twice/],
    [
      'an arm that is a base as well',
      [flat, '--base', 'tuned=other,other=base'],
      /'other' is both an arm and a base/,
    ],
    ['an arm with two bases', [flat, '--base', 'tuned=base,tuned=other'], /an arm is given two bases/],
  ])('%s', (_name, args, message) => {
    const { status, stderr } = hyde(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it('takes the table otherwise', () => {
    expect(hyde(flat).status).toBe(0);
    expect(execFileSync('wc', ['-l', flat], { encoding: 'utf8' })).toMatch(/^241 /);
  });
});
