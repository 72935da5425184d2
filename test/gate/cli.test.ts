import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshFolder, writeCase } from './case.js';

const root = new URL('../..', import.meta.url).pathname;

function hyde(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  const ended = spawnSync(process.execPath, [join(root, 'bin/hyde.js'), ...args], { encoding: 'utf8', env });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

const gateSection = `gate:
  maximum-lost: 0.02
  arms: [{ id: tuned, allow: [conditional] }]`;

describe('hyde gate', () => {
  let out: string;
  let audit: string;
  beforeAll(() => {
    audit = writeCase({ cued: 0.5 });
    out = freshFolder();
    expect(hyde('run', audit, '-o', out, '--quiet').code).toBe(0);
  });

  it('judges by the rules of the audit, which may change without asking anything again', () => {
    const folder = freshFolder();
    const own = writeCase({ cued: 0.5, more: gateSection });
    hyde('run', own, '-o', folder, '--quiet');
    const { code, out: text } = hyde('gate', folder);
    expect(text).toMatch(
      /^tuned: passes, though the audit says conditional\. .* \[gate\.arms\[tuned\]\.allow\]\n$/,
    );
    expect(code).toBe(0);
    const samples = readFileSync(join(folder, 'samples', 'tuned.0.jsonl'), 'utf8');
    writeFileSync(own, readFileSync(own, 'utf8').replace('[conditional]', '[broad]'));
    hyde('run', own, '-o', folder, '--quiet');
    expect(hyde('gate', folder).code).toBe(3);
    expect(readFileSync(join(folder, 'samples', 'tuned.0.jsonl'), 'utf8')).toBe(samples);
  });

  it('judges by the rules of a file in place of them', () => {
    const rules = join(dirname(audit), 'rules.yaml');
    writeFileSync(rules, 'cues:\n  - { id: note, tolerance: 0.9 }\n');
    const { code, out: text } = hyde('gate', out, '--rules', rules, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      exitCode: 0,
      arms: [{ id: 'tuned', outcome: 'pass', rule: 'gate.cues[note].tolerance' }],
    });
    writeFileSync(rules, 'cues:\n  - { id: nte, tolerance: 0.9 }\n');
    const wrong = hyde('gate', out, '--rules', rules);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain(`rules.yaml:2:11: no cue is called 'nte'`);
    expect(wrong.err).toContain(`did you mean 'note'?`);
  });

  it.each([
    [
      'a new cue',
      'cues:',
      'cues:\n  - { id: other, after: In a hurry. }',
      /lacks the cue 'other' of the arm 'tuned'/,
    ],
    ['more answers', 'samples: 30', 'samples: 31', /31 answers per question are planned, and it rests on 30/],
    [
      'another tolerance',
      'tolerance: 0.05',
      'tolerance: 0.01',
      /its tolerance is 0\.05, and the audit's 0\.01/,
    ],
  ])('does not judge an old result after %s', (_, from, to, message) => {
    const folder = freshFolder();
    const own = writeCase();
    hyde('run', own, '-o', folder, '--quiet');
    expect(hyde('gate', folder).code).toBe(0);
    const old = readFileSync(join(folder, 'result.json'), 'utf8');
    writeFileSync(own, readFileSync(own, 'utf8').replace(from, to));
    hyde('run', own, '-o', folder, '--quiet');
    // As if the run had been stopped before its analysis.
    writeFileSync(join(folder, 'result.json'), old);
    expect(hyde('gate', folder)).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });

  it('fails for a rule that the result is too old for', () => {
    const folder = freshFolder();
    const own = writeCase();
    hyde('run', own, '-o', folder, '--quiet');
    const spec = join(folder, 'spec.json');
    const changed = {
      ...JSON.parse(readFileSync(spec, 'utf8')),
      gate: { cues: [{ id: 'later', tolerance: 0.1 }] },
    };
    writeFileSync(spec, JSON.stringify(changed));
    expect(hyde('gate', folder).err).toMatch(
      /a rule of the gate does not fit the result: no cue is called 'later'/,
    );
    writeFileSync(spec, JSON.stringify({ ...changed, gate: { tolerance: 'none' } }));
    expect(hyde('gate', folder)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/rules of the gate are malformed/),
    });
  });

  it('writes formats to files, and the text to stdout', () => {
    const file = join(dirname(audit), 'junit.xml');
    const { code, out: text } = hyde('gate', out, '--format', 'junit', '-o', file);
    expect(code).toBe(3);
    expect(text).toMatch(/^tuned: conditional\. /);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^<\?xml .*\n<testsuites name="hyde gate: audit" tests="4" failures="2"/,
    );
    expect(hyde('gate', out, '--format', 'markdown').out).toMatch(/^<!-- hyde-gate:audit -->\n/);
    expect(hyde('gate', out, '--format', 'github', '--file', 'a.yaml').out).toMatch(
      /^::error file=a\.yaml,title=/,
    );
    expect(hyde('gate', out, '--format', 'xml').code).toBe(2);
    expect(hyde('gate', out, '--format', 'junit', '--json').code).toBe(2);
  });

  it('leaves no old file behind where it cannot judge', () => {
    const folder = freshFolder();
    const [junit, markdown] = [join(dirname(folder), 'junit.xml'), join(dirname(folder), 'comment.md')];
    for (const file of [junit, markdown]) writeFileSync(file, 'all is well');
    expect(hyde('gate', folder, '--format', 'junit', '-o', junit).code).toBe(2);
    expect(hyde('gate', folder, '--format', 'markdown', '-o', markdown).code).toBe(2);
    expect(readFileSync(junit, 'utf8')).toContain('<error type="malformed" message="');
    expect(existsSync(markdown)).toBe(false);
  });

  it('does not comment on a result that lacks what it shows', () => {
    const folder = freshFolder();
    const own = writeCase();
    hyde('run', own, '-o', folder, '--quiet');
    const file = join(folder, 'result.json');
    const { methods: _, ...result } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(result));
    expect(hyde('gate', folder, '--format', 'markdown')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/malformed/),
    });
  });

  it('report --junit writes junit.xml beside the report', () => {
    expect(hyde('report', out, '--junit', '--quiet').code).toBe(0);
    expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toContain('failures="2"');
  });

  it('lost judgements fail a gate that limits them', () => {
    const folder = freshFolder();
    const own = writeCase({ failed: 0.1, more: 'gate: { tolerance: 0.9, maximum-lost: 0.02 }' });
    hyde('run', own, '-o', folder, '--quiet');
    const { code, out: text } = hyde('gate', folder);
    expect(text).toMatch(/of the answers .* have no outcome, and 2% may\. \[gate\.maximum-lost\]/);
    expect(code).toBe(4);
  });
});
