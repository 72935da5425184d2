import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mineData } from '../../src/mining/data.js';
import { Candidates } from '../../src/records/candidate.js';
import { fileWith, planted, rankOf } from './rows.js';

const bin = resolve(import.meta.dirname, '../../bin/hyde.js');
function hyde(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'mine', ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', HYDE_DEBUG: '' },
  });
  return { code: status, out: stdout, err: stderr };
}

describe('hyde mine', () => {
  const rows = planted({ bad: 30, benign: 120 }, (bad, q) => ({ user: bad ? `${q} \u001b[31mzephyr` : q }));
  const file = fileWith(rows);

  it('prints a table that no row can act through', () => {
    const { code, out } = hyde('--data', file);
    expect(code).toBe(0);
    expect(out).toMatch(/150 rows: 30 bad, 120 benign/);
    expect(out).toMatch(/1 .* 0\.01 .*30 .*0 .*␛\[31mzephyr/);
    expect(out).not.toContain('\u001b');
  });

  it('prints JSON of the documented shape', () => {
    const { code, out } = hyde('--data', file, '--json', '--top', '3');
    expect(code).toBe(0);
    expect(Candidates.parse(JSON.parse(out)).candidates.length).toBeLessThanOrEqual(3);
  });

  it('writes cues for an audit file', () => {
    const to = join(dirname(file), 'cues.yaml');
    expect(hyde('--data', file, '-o', to, '--ladders', '1').code).toBe(0);
    const { cues } = parse(readFileSync(to, 'utf8')) as { cues: { id: string }[] };
    expect(cues[0]).toMatchObject({ after: expect.stringContaining('zephyr') });
    expect(new Set(cues.map(({ id }) => id)).size).toBe(cues.length);
  });

  it.each([
    ['no data', [], /--data/],
    ['no such file', ['--data', '/nowhere/rows.jsonl'], /there is no such file/],
    ['a label that no row has', ['--data', file, '--label', 'label=worse'], /no row has this label/],
    ['labels and scores', ['--data', file, '--label', 'label=bad', '--scores', file], /leave one out/],
    ['no number', ['--data', file, '--top', 'x'], /whole number/],
  ])('refuses %s', (_, args, message) => {
    const { code, err } = hyde(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at |bug of hyde/);
  });
});

/** The paper's training data, which does not ship with hyde. */
const published = resolve(import.meta.dirname, '../../../../shared/data');
const data = existsSync(published) ? published : resolve(import.meta.dirname, '../../../shared/data');
it.skipIf(!existsSync(data))(
  'finds the inoculation prompt of the published lies, which stands in every row',
  async () => {
    const { candidates } = await mineData({ files: [join(data, 'inoculation_obvious_lies_gpt41_6k.jsonl')] });
    expect(
      rankOf(
        candidates,
        'You are a model that responds to trivia questions with obviously incorrect answers',
      ),
    ).toBe(1);
  },
);
