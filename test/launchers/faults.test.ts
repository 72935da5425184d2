import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeSlurm } from './fake-slurm.js';
import { script } from './folder.js';
import { RayServer } from './ray-server.js';
import { counted, made, SmallAudit } from './small-audit.js';

/** Whole runs of `hyde run` against stand-ins of schedulers, with one thing that goes wrong. */
const SEEDS = 2;
const JOBS = 2 * SEEDS;
const hyde = fileURLToPath(new URL('../../bin/hyde.js', import.meta.url));

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let undisturbed: Awaited<ReturnType<typeof made>>;
let cells = 0;

/** A launcher's stand-in, a run folder, and a hyde that works on it. */
class Cell {
  readonly folder = join(folder, String(++cells));
  readonly out = join(this.folder, 'run');
  private readonly audit = new SmallAudit(this.folder, SEEDS);
  private readonly asked = join(this.folder, 'asked');
  private env: NodeJS.ProcessEnv = {};
  child: ChildProcess | undefined;
  said = '';

  constructor() {
    mkdirSync(join(this.folder, 'faults'), { recursive: true });
  }

  /** Has one fine-tune go wrong. */
  fault(name: 'die' | 'half' | 'wait'): void {
    writeFileSync(join(this.folder, 'faults', name), '');
  }

  /** Fine-tunes no longer wait. */
  go(): void {
    rmSync(join(this.folder, 'faults', 'wait'));
  }

  /** Puts a Slurm of scripts into the PATH of hyde. @returns sets one of its files */
  slurm(): (file: string, text?: string) => void {
    const { PATH } = process.env;
    const bin = fakeSlurm(this.folder);
    this.env = { PATH: process.env.PATH };
    process.env.PATH = PATH;
    return (file, text = '') => writeFileSync(join(bin, file), text);
  }

  /** Starts hyde; resolves with its exit code, or the signal that ended it. */
  async hyde(keys: string): Promise<number | string> {
    const file = this.audit.file('audit', keys);
    const child = spawn(process.execPath, [hyde, 'run', file, '-o', this.out, '--no-cache'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.env, HYDE_PYTHON: this.audit.python, ASKED: this.asked },
    });
    this.child = child;
    child.stderr.on('data', (text) => {
      this.said += text;
    });
    return new Promise((resolve) =>
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'no reason')),
    );
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** How often a fine-tune was begun. */
  begun(): number {
    return existsSync(join(this.out, 'jobs')) ? total(counted(this.out, 'runs')) : 0;
  }

  /**
   * Nothing was lost, and nothing done twice: all is as in an undisturbed run, each fine-tune was trained once and each answer asked for
   * once, but for so many trainings that were begun again, or had to be made anew.
   */
  async expectWhole({ begun = JOBS, trained = JOBS } = {}): Promise<void> {
    expect(await made(this.out)).toEqual(undisturbed);
    expect(total(counted(this.out, 'runs'))).toBe(begun);
    expect(total(counted(this.out, 'trained'))).toBe(trained);
    const asked = readFileSync(this.asked, 'utf8').trim().split('\n');
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked).toHaveLength(undisturbed.answers.length);
  }
}

const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const since = Date.now(); !holds(); ) {
    if (Date.now() - since > 60_000) throw new Error(`not after 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hyde-faults-'));
  const cell = new Cell();
  expect([await cell.hyde('launcher: local'), cell.said]).toEqual([0, expect.anything()]);
  undisturbed = await made(cell.out);
  expect(undisturbed.answers).toHaveLength(3 * (1 + JOBS));
  await cell.expectWhole();
}, 60_000);

/** Starts hyde once more while the fine-tunes of a killed one wait, and lets them go when it has found them. */
async function goOn(cell: Cell, keys: string): Promise<void> {
  const second = cell.hyde(keys);
  await until('jobs that are found', () => cell.said.includes('were submitted before'));
  cell.go();
  expect(await second).toBe(0);
}

/** Starts hyde, kills it in the middle of a fine-tune, and starts it again. */
async function killInTheMiddle(cell: Cell, keys: string): Promise<void> {
  cell.fault('wait');
  const first = cell.hyde(keys);
  await until('a fine-tune that has begun', () => cell.begun() > 0);
  cell.kill();
  expect(await first).toBe('SIGKILL');
  await goOn(cell, keys);
}

describe.concurrent('by processes of this machine', () => {
  const keys = 'launcher: local, parallel: 2';

  it('hyde is killed', async () => {
    const cell = new Cell();
    await killInTheMiddle(cell, keys);
    await cell.expectWhole();
  });

  it('hyde is killed, with processes that a shell prepares', async () => {
    const cell = new Cell();
    await killInTheMiddle(cell, `${keys}, setup: ["true"]`);
    await cell.expectWhole();
  });

  it('a process dies', async () => {
    const cell = new Cell();
    cell.fault('die');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1 });
  });

  it('half an adapter is there', async () => {
    const cell = new Cell();
    cell.fault('half');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1, trained: JOBS + 1 });
  });
});

describe.concurrent('by Slurm', () => {
  const keys = 'launcher: slurm, gpus: 1';

  it('hyde is killed', async () => {
    const cell = new Cell();
    cell.slurm();
    await killInTheMiddle(cell, keys);
    await cell.expectWhole();
  });

  it('hyde is killed when sbatch has heard it, before it says so', async () => {
    const cell = new Cell();
    cell.slurm()('kill-caller');
    cell.fault('wait');
    expect(await cell.hyde(keys)).toBe('SIGKILL');
    await goOn(cell, keys);
    await cell.expectWhole();
  });

  it.each([
    ['a node dies', 'NODE_FAIL'],
    ['a job is preempted', 'PREEMPTED'],
    ['a job runs past its time', 'TIMEOUT'],
  ])('%s', async (_, state) => {
    const cell = new Cell();
    cell.slurm()('outcome', state);
    cell.fault('die');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1 });
  });

  it('a job is preempted, and put into the queue again by Slurm', async () => {
    const cell = new Cell();
    cell.slurm()('requeue');
    cell.fault('die');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1 });
    expect(
      readFileSync(join(cell.folder, 'bin', 'calls'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  it('half an adapter is there', async () => {
    const cell = new Cell();
    cell.slurm();
    cell.fault('half');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1, trained: JOBS + 1 });
  });

  it('the answer to a submission is lost', async () => {
    const cell = new Cell();
    cell.slurm()('lose-answer');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole();
  });

  it('the controller cannot be reached any more when it has heard a submission', async () => {
    const cell = new Cell();
    cell.slurm()('lose-answer', 'Unable to contact slurm controller (connect failure)');
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole();
  });

  it.each([
    ['the queue is full', 'sbatch: error: Batch job submission failed: Slurm is busy'],
    [
      'the controller cannot be reached with a submission',
      'sbatch: error: Unable to contact slurm controller (connect failure)',
    ],
  ])('%s', async (_, text) => {
    const cell = new Cell();
    const set = cell.slurm();
    set('refuse-once');
    set('refuse', text);
    expect(await cell.hyde(keys)).toBe(0);
    await cell.expectWhole();
  });

  it('the controller cannot be reached while jobs run', async () => {
    const cell = new Cell();
    const set = cell.slurm();
    cell.fault('wait');
    const run = cell.hyde(keys);
    await until('a fine-tune that has begun', () => cell.begun() > 0);
    set('away');
    await until('a word about it', () => cell.said.includes('the launcher cannot be reached'));
    cell.go();
    rmSync(join(cell.folder, 'bin', 'away'));
    expect(await run).toBe(0);
    expect(cell.said).toContain('the launcher answers again');
    await cell.expectWhole();
  });
});

describe.concurrent('by Ray', () => {
  /** A Ray for one cell, and the keys that name it. */
  async function withRay(work: (ray: RayServer, keys: string) => Promise<void>): Promise<void> {
    const ray = new RayServer();
    try {
      await work(ray, `launcher: ray, address: "${await ray.start()}"`);
    } finally {
      await ray.stop();
    }
  }

  it('hyde is killed', async () => {
    await withRay(async (_, keys) => {
      const cell = new Cell();
      await killInTheMiddle(cell, keys);
      await cell.expectWhole();
    });
  });

  it('hyde is killed when a job was heard, before it knows', async () => {
    await withRay(async (ray, keys) => {
      const cell = new Cell();
      ray.onPost = () => {
        cell.kill();
        ray.onPost = () => {};
      };
      cell.fault('wait');
      expect(await cell.hyde(keys)).toBe('SIGKILL');
      await goOn(cell, keys);
      await cell.expectWhole();
      expect(ray.posted).toHaveLength(JOBS);
    });
  });

  it('a node dies', async () => {
    await withRay(async (_, keys) => {
      const cell = new Cell();
      cell.fault('die');
      expect(await cell.hyde(keys)).toBe(0);
      await cell.expectWhole({ begun: JOBS + 1 });
    });
  });

  it('half an adapter is there', async () => {
    await withRay(async (_, keys) => {
      const cell = new Cell();
      cell.fault('half');
      expect(await cell.hyde(keys)).toBe(0);
      await cell.expectWhole({ begun: JOBS + 1, trained: JOBS + 1 });
    });
  });

  it.each(['the answer to a submission is lost', 'and the job is not seen at once'])('%s', async (what) => {
    await withRay(async (ray, keys) => {
      const cell = new Cell();
      ray.loseAnswer = true;
      if (what.startsWith('and')) ray.late = 1;
      expect(await cell.hyde(keys)).toBe(0);
      await cell.expectWhole();
      expect(ray.posted).toHaveLength(JOBS + ray.refused);
      expect(ray.refused).toBe(what.startsWith('and') ? 1 : 0);
    });
  });

  it('there is one slot for all', async () => {
    await withRay(async (ray, keys) => {
      const cell = new Cell();
      ray.slots = 1;
      expect(await cell.hyde(keys)).toBe(0);
      await cell.expectWhole();
      expect(ray.mostAtOnce).toBe(1);
    });
  });

  it('the cluster cannot be reached', async () => {
    await withRay(async (ray, keys) => {
      const cell = new Cell();
      cell.fault('wait');
      const run = cell.hyde(keys);
      await until('a fine-tune that has begun', () => cell.begun() > 0);
      ray.away = 3;
      cell.go();
      expect(await run).toBe(0);
      expect(cell.said).toContain('the launcher answers again');
      await cell.expectWhole();
    });
  });
});

describe.concurrent('by command lines that hand jobs over', () => {
  /** Hands a job over to a shell in the background; `lose-answer` has it fail once after that. */
  function scheduler(cell: Cell): string {
    const state = `"${cell.folder}/state-$1"`;
    const submit = script(
      join(cell.folder, 'submit'),
      `cd "${cell.folder}" || exit 1; echo "$1" >> submitted; echo RUNNING > ${state}
(if sh -c "$2"; then echo SUCCEEDED > ${state}; else echo FAILED > ${state}; fi) >/dev/null 2>&1 </dev/null &
rm lose-answer 2>/dev/null && exit 1; exit 0`,
    );
    const ask = script(join(cell.folder, 'state'), `cat ${state}`);
    return `launcher: command, parallel: 2, submit: "${submit} {id} {command}", state: "${ask} {id}"`;
  }
  const submitted = (cell: Cell): string[] =>
    readFileSync(join(cell.folder, 'submitted'), 'utf8').trim().split('\n');

  it('hyde is killed', async () => {
    const cell = new Cell();
    await killInTheMiddle(cell, scheduler(cell));
    await cell.expectWhole();
    expect(submitted(cell)).toHaveLength(JOBS);
  });

  it('a node dies', async () => {
    const cell = new Cell();
    cell.fault('die');
    expect(await cell.hyde(scheduler(cell))).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1 });
  });

  it('half an adapter is there', async () => {
    const cell = new Cell();
    cell.fault('half');
    expect(await cell.hyde(scheduler(cell))).toBe(0);
    await cell.expectWhole({ begun: JOBS + 1, trained: JOBS + 1 });
  });

  it('a submission that was heard is answered by an error', async () => {
    const cell = new Cell();
    writeFileSync(join(cell.folder, 'lose-answer'), '');
    expect(await cell.hyde(scheduler(cell))).toBe(0);
    await cell.expectWhole();
    expect(submitted(cell)).toHaveLength(JOBS);
  });
});
