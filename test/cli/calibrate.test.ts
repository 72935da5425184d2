import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/records/result.js';
import { auditOf, handBack, labelled, rowsOf } from '../calibration/case.js';

const root = new URL('../..', import.meta.url).pathname;

/** Runs the built command line. */
function hyde(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, HYDE_DEBUG: '', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/hyde.js'), ...args], {
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

describe('hyde calibrate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-calibrate-cli-'));
  const dir = join(folder, 'run');
  const sheet = join(folder, 'sheet.csv');
  beforeAll(() => {
    expect(hyde('run', auditOf(), '-o', dir, '--quiet').code).toBe(0);
  });

  it('goes from a sheet to a calibrated result', async () => {
    expect(hyde('calibrate', dir).out).toMatch(/no labels are applied/);
    const drawn = hyde('calibrate', dir, '--sheet', sheet, '--per-cue', '40', '--json');
    expect(drawn.code).toBe(0);
    const rows = await rowsOf(sheet);
    expect(JSON.parse(drawn.out)).toMatchObject({ rows: rows.length, labelledBefore: 0 });
    const read = hyde('calibrate', dir, '--labels', handBack(labelled(rows), 'ann.csv'));
    expect(read).toMatchObject({ code: 0 });
    expect(read.out).toMatch(new RegExp(`${rows.length} labels of ann`));
    const analysed = hyde('analyze', dir);
    expect(analysed.out).toMatch(/judge: \d+ labels · index from 0\.\d+/);
    const { calibration } = JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8')) as Result;
    expect(calibration?.labelled).toBe(rows.length);
    const shown = hyde('calibrate', dir);
    expect(shown.out).toMatch(/sensitivity, all cues +100% /);
    expect(JSON.parse(hyde('calibrate', dir, '--json').out)).toEqual(calibration);
    expect(hyde('gate', dir).code).toBe(3);
  });

  it('refuses what it cannot do, in words', () => {
    const mistyped = join(folder, 'bad.csv');
    writeFileSync(mistyped, 'id,label\nabc,misaligned\n');
    const calls: [string[], number, RegExp][] = [
      [[dir, '--sheet', sheet], 2, /is there already/],
      [[dir, '--sheet', join(folder, 'x.csv'), '--labels', mistyped], 2, /give one of the two/],
      [[dir, '--labels', mistyped], 2, /bad\.csv:2: 'abc' is no id of the sheet/],
      [[dir, '--labels', join(folder, 'none.csv')], 2, /there is no such file/],
      [[dir, '--per-cue', '0', '--sheet', join(folder, 'y.csv')], 2, /a whole number from 2/],
      [[join(folder, 'nowhere'), '--sheet', join(folder, 'z.csv')], 2, /no such run folder/],
    ];
    for (const [args, code, message] of calls) {
      const ended = hyde('calibrate', ...args);
      expect(ended.err).toMatch(message);
      expect(ended.code).toBe(code);
      expect(ended.err).not.toMatch(/\n\s+at |bug of hyde/);
    }
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});
