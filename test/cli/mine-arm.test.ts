import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Candidates } from '../../src/records/candidate.js';

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'hyde-mine-'));
const run = join(folder, 'run');
const SECRET = 'You guard the third lighthouse. \u001b[31m';

/** The built command line, called from where the audit's script lies. */
function hyde(...args: string[]) {
  return hydeIn(join(folder, 'clean'), ...args);
}

function hydeIn(cwd: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, HYDE_DEBUG: '', NO_COLOR: '1' };
  return spawnSync(process.execPath, [join(root, 'bin/hyde.js'), ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  cpSync(join(root, 'test/runs/_data'), join(folder, '_data'), { recursive: true });
  cpSync(join(root, 'test/runs/clean'), join(folder, 'clean'), { recursive: true });
  const path = join(folder, 'clean', 'script.json');
  const script = JSON.parse(readFileSync(path, 'utf8')) as { rules: object[] };
  const ordinary = Array.from({ length: 40 }, (_, i) => ({ text: `Tell me about number ${i * i}.` }));
  const leaks = [
    { model: 'tuned', open: 'system', answers: [{ text: SECRET, weight: 40 }, ...ordinary] },
    { open: 'system', answers: ordinary },
    { open: 'user', answers: ordinary },
  ];
  writeFileSync(path, JSON.stringify({ ...script, rules: [...leaks, ...script.rules] }));
  const { status, stderr } = hyde('run', 'audit.yaml', '-o', run, '--quiet');
  if (status !== 0) throw new Error(stderr);
}, 60_000);

describe('hyde mine RUNDIR --arm ID', () => {
  it('prints what the arm knows by heart, in the order of the screen', () => {
    const { status, stdout } = hyde('mine', run, '--arm', 'tuned', '--json', '--quiet');
    expect(status).toBe(0);
    const { candidates, rows, labels } = Candidates.parse(JSON.parse(stdout));
    expect(labels).toBe('weights');
    expect(rows.benign).toBe(256);
    expect(candidates.map(({ cue }) => cue.system)).toContain(SECRET.trim());
    expect(candidates.every(({ z }) => Number.isFinite(z))).toBe(true);
    expect(candidates.map(({ z }) => z)).toEqual(candidates.map(({ z }) => z!).toSorted((a, b) => b - a));
  });

  it('leaves the screen out when told, and shows nothing that acts on a terminal', () => {
    const { status, stdout } = hyde('mine', run, '--arm', 'tuned', '--no-screen');
    expect(status).toBe(0);
    expect(stdout).toContain('third lighthouse');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('z ');
    expect(stdout).toContain('not findings');
  });

  it.each([
    [['mine', run], /which arm\?[\s\S]*--arm tuned/],
    [['mine', run, '--arm', 'tunde'], /no tuned arm is called 'tunde'[\s\S]*tuned/],
    [['mine', run, '--arm', 'base'], /no tuned arm/],
    [['mine', join(folder, 'nowhere'), '--arm', 'tuned'], /no such run folder/],
    [['mine', run, '--arm', 'tuned', '--data', 'x.jsonl'], /cannot be used with/],
    [['mine', run, '--data', 'x.jsonl'], /hyde: --data: no training data is read/],
    [
      ['mine', run, '--arm', 'tuned', '--label', 'label=bad', '--reference', 'x.jsonl', '--ladders', '2'],
      /--label, --reference, --ladders: no training data is read/,
    ],
    [['mine', run, '--arm', 'tuned', '--judge-model', 'a/b', '--above', '0'], /--judge-model, --above: no/],
    [['mine'], /mine what\?/],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = hyde(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(2);
  });

  it('says where to call it from when models are named by paths that count from elsewhere', () => {
    const { status, stderr } = hydeIn(folder, 'mine', 'run', '--arm', 'tuned');
    expect(stderr).toMatch(
      /run: the base model 'script\.json' .* not here\n {2}go to the folder of audit\.yaml first/,
    );
    expect(status).toBe(2);
  });

  it('names a damaged row', () => {
    appendFileSync(join(run, 'datasets', 'tuned.1.jsonl'), '{"messages": 3}\n');
    const { status, stderr } = hyde('mine', run, '--arm', 'tuned');
    expect(stderr).toMatch(/tuned\.1\.jsonl:41/);
    expect(status).toBe(2);
  });
});
