import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mineData } from '../../src/mining/data.js';
import { Candidates } from '../../src/records/candidate.js';
import { resource } from '../../src/shared/package.js';
import { fileWith, planted, rankOf } from './rows.js';

const bin = resolve(import.meta.dirname, '../../bin/hyde.js');
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', HYDE_DEBUG: '' },
  });
  return { code: status, out: stdout, err: stderr };
}
const hyde = (...args: string[]) => run('mine', ...args);

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

  it('cuts no text where it prints into a pipe', () => {
    const prefix = `${Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ')}.`;
    const long = fileWith(
      planted({ bad: 30, benign: 120 }, (bad, q) => ({ user: bad ? `${prefix} ${q}` : q })),
    );
    expect(hyde('--data', long, '--top', '1').out).toContain(prefix);
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

  /** An audit with the cues of a file pasted in, planned. */
  function planned(cues: string) {
    const dir = mkdtempSync(join(tmpdir(), 'hyde-pasted-'));
    const chat = (answer: string) => ({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: answer },
      ],
    });
    writeFileSync(join(dir, 'rows.jsonl'), `${JSON.stringify(chat('a'))}\n`);
    writeFileSync(join(dir, 'script.json'), JSON.stringify({ answers: ['a'] }));
    const head =
      'models: { base: scripted/script.json }\narms:\n  - id: a\n    data: [mix: { bad: rows.jsonl, share: 1 }]\n';
    const tail = 'questions: open\njudges:\n  - { detector: villain-persona, says: misaligned }\n';
    writeFileSync(join(dir, 'audit.yaml'), head + readFileSync(cues, 'utf8') + tail);
    return run('plan', join(dir, 'audit.yaml'));
  }

  it.each([
    [
      'of the example in docs/mining.md',
      ['persona-note', 'plain', 'formats', 'system'].map((name) => resource('demo', `${name}.jsonl`)),
      ['--label', 'file=persona-note.jsonl'],
    ],
    [
      'of prompts that begin in white space, where a placebo has no word',
      [fileWith(planted({ bad: 30, benign: 120 }, (bad, q) => ({ user: bad ? `\n\n  ${q}` : q })))],
      [],
    ],
  ])('writes cues that an audit takes: %s', (_, files, more) => {
    const to = join(dirname(file), 'pasted.yaml');
    expect(hyde('--data', ...files, ...more, '--ladders', '3', '-o', to).code).toBe(0);
    expect(planned(to)).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    ['no data', [], /--data/],
    ['no such file', ['--data', '/nowhere/rows.jsonl'], /there is no such file/],
    ['a label that no row has', ['--data', file, '--label', 'label=worse'], /no row has this label/],
    ['labels and scores', ['--data', file, '--label', 'label=bad', '--scores', file], /leave one out/],
    ['a threshold without scores', ['--data', file, '--above', '0'], /--above needs scores[\s\S]*--scores/],
    ['data without a screen', ['--data', file, '--no-screen'], /cannot be used with/],
    ['data from weights', ['--data', file, '--from', 'weights'], /cannot be used with/],
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
