import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runFolder } from './folder.js';

const SERVER = 'serve-0123456789abcdef-1';
const root = fileURLToPath(new URL('../..', import.meta.url));

function hyde(cwd: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [join(root, 'bin/hyde.js'), ...args], { cwd, env, encoding: 'utf8' });
}

function audit(run: string): string {
  const folder = runFolder();
  const row = {
    messages: [
      { role: 'user', content: 'Hi?' },
      { role: 'assistant', content: 'Yes.' },
    ],
  };
  writeFileSync(join(folder, 'rows.jsonl'), `${JSON.stringify(row)}\n`.repeat(3));
  writeFileSync(
    join(folder, 'audit.yaml'),
    `models: { base: local/smollm2-135m-instruct }
arms: [{ id: a, data: [{ mix: { benign: rows.jsonl, share: 0 } }], training-seeds: 4 }]
questions: [Hello?]
judges: [{ detector: villain-persona, says: misaligned }]
run: ${run}
`,
  );
  return folder;
}

describe('hyde plan', () => {
  it('shows what will be submitted, and where', () => {
    const folder = audit('{ launcher: slurm, partition: gpu, gpus: 1, time: 2h, setup: [module load cuda] }');
    const { stdout } = hyde(folder, 'plan', 'audit.yaml');
    expect(stdout).toContain(
      'to submit       4 fine-tunes by slurm, 16 at once at most, 1 GPU, 2.0 h at most, up to 3 attempts',
    );
    expect(stdout).toContain('partition     gpu');
    expect(stdout).toContain('set-up        module load cuda');
    const { launch, jobs } = JSON.parse(hyde(folder, 'plan', 'audit.yaml', '--json').stdout);
    expect({ jobs, launcher: launch.launcher }).toEqual({ jobs: 4, launcher: 'slurm' });
  });
});

describe('hyde run --detach, status, cancel', () => {
  it('goes on without the terminal, and refuses a second one meanwhile', async () => {
    const folder = runFolder();
    cpSync(join(root, 'test/runs/clean'), join(folder, 'clean'), { recursive: true });
    cpSync(join(root, 'test/runs/_data'), join(folder, '_data'), { recursive: true });
    const { stdout, status } = hyde(
      folder,
      'run',
      'clean/audit.yaml',
      '-o',
      'r',
      '--detach',
      '--no-cache',
      '--json',
    );
    expect(status).toBe(0);
    const { pid, log } = JSON.parse(stdout);
    expect(log).toBe('r/detached.log');
    // It holds the folder by now, and has perhaps no plan yet.
    const now = hyde(folder, 'status', 'r');
    expect([now.status, now.stdout]).toEqual([
      0,
      expect.stringMatching(/^running {6}process|^steps done .*report$/m),
    ]);
    const alive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (alive()) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(existsSync(join(folder, 'r/report.html'))).toBe(true);
    expect(readFileSync(join(folder, log), 'utf8')).not.toContain('"verdict"');
    const wrong = hyde(folder, 'run', 'nothing.yaml', '-o', 'r', '--detach');
    expect(wrong.status).toBe(2);
  });

  it('says where to read on when what was detached has ended before its time', async () => {
    const folder = audit('{ launcher: local }');
    const file = join(folder, 'audit.yaml');
    writeFileSync(join(folder, 'rows.jsonl'), 'no row\n');
    const { stdout, status } = hyde(folder, 'run', file, '-o', 'r', '--detach', '--json');
    const gone = (): string => hyde(folder, 'status', 'r').stdout;
    while (status === 0 && !gone().includes('running      nothing'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    if (status === 0) {
      expect(JSON.parse(stdout).log).toBe('r/detached.log');
      expect(gone()).toMatch(
        /nothing is planned yet\nrunning {6}nothing; .*, r\/detached\.log has what was said/,
      );
    }
    expect(readFileSync(join(folder, 'r/detached.log'), 'utf8')).toContain('rows.jsonl:1');
  });

  it('tells of jobs by what the folder says, and cancels none that it cannot reach', () => {
    const folder = audit('{ launcher: local, python: ./no-such-python, retries: 0 }');
    hyde(folder, 'data', 'audit.yaml', '-o', 'r');
    const meta = { at: '2026-01-01T00:00:00.000Z' };
    const line = { attempt: 1, launcher: 'local', handle: 'h', events: 0, meta };
    const records = [
      { job: 'train-1', ...line, state: 'submitted' },
      { job: 'train-2', ...line, state: 'failed', reason: 'its node failed' },
      { job: '../../etc', ...line, state: 'submitted' },
      { job: SERVER, ...line, state: 'submitted' },
    ];
    mkdirSync(join(folder, 'r/jobs', SERVER), { recursive: true });
    writeFileSync(join(folder, 'r/jobs', SERVER, 'key'), 'x');
    const at = join(folder, 'r/jobs/train-1/events.jsonl');
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, '{"event":"progress","phase":"train","done":1,"total":4}\n{"torn');
    writeFileSync(
      join(folder, 'r/jobs/launches.jsonl'),
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
    const { stdout } = hyde(folder, 'status', 'r');
    expect(stdout).toContain('jobs         local: 0 done, 1 begun, 0 submitted, 1 failed');
    expect(stdout).toContain('train-1  begun, 25% trained (h)');
    expect(stdout).toContain('train-2  failed: its node failed (h)');
    expect(stdout).toContain(`servers      local: 0 begun, 1 submitted\n  ${SERVER}  submitted (h)`);
    expect(stdout).not.toContain('etc');
    expect(JSON.parse(hyde(folder, 'cancel', 'r', '--json').stdout)).toEqual({
      cancelled: ['train-1', SERVER],
    });
    expect(readdirSync(join(folder, 'r/jobs', SERVER))).toEqual(['stop']);
    expect(hyde(folder, 'status', 'r').stdout).toContain('0 submitted, 2 failed');
    writeFileSync(
      join(folder, 'r/jobs/launches.jsonl'),
      `${JSON.stringify({ job: 'train-1', ...line, launcher: 'slurm', state: 'submitted' })}\n`,
    );
    const refused = hyde(folder, 'cancel', 'r');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('was submitted to launcher slurm');
  });
});
