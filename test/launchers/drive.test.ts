import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Launcher, pauseAfter } from '../../src/launchers/launcher.js';
import { Launches, readLaunches } from '../../src/launchers/launches.js';
import type { Attempt, Job, JobState, Ticket } from '../../src/records/launch.js';
import { FailedError, InputError, InterruptedError } from '../../src/shared/errors.js';
import { driven, jobsIn, listening, runFolder } from './folder.js';

/** A launcher whose jobs do what a list of states per job says, one state a look, the last one for ever. */
class Scripted implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [1, 2], grace: 0 };
  readonly endsWithHyde = false;
  readonly submitted: Ticket[] = [];
  room = Number.POSITIVE_INFINITY;
  onState: (ticket: Ticket, state: JobState) => void = () => {};
  before: (what: string) => void = () => {};
  cancelled: string[] = [];

  constructor(private readonly script: Record<string, JobState[]> = {}) {}

  async submit(attempts: readonly Attempt[], claim: (ticket: Ticket) => void): Promise<Ticket[]> {
    this.before('submit');
    return attempts.slice(0, this.room).map((attempt) => {
      const ticket = { ...attempt, handle: `${attempt.id}.${attempt.attempt}` };
      claim(ticket);
      this.submitted.push(ticket);
      return ticket;
    });
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    this.before('states');
    return new Map(
      tickets.map((ticket) => {
        const states = this.script[ticket.handle] ?? [{ phase: 'done' }];
        const state = (states.length > 1 ? states.shift() : states[0]) as JobState;
        if (state.phase === 'done') finish(ticket);
        this.onState(ticket, state);
        return [ticket.id, state];
      }),
    );
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    this.cancelled.push(...tickets.map(({ handle }) => handle));
  }
  async logs(): Promise<string> {
    return 'first\nlast words';
  }
  async changed(): Promise<void> {
    await new Promise(setImmediate);
  }
  async close(): Promise<void> {}
}

const finish = ({ folder }: Job): void => writeFileSync(join(folder, 'result.json'), '{"ok":true}');
const failed = (reason: string, final = false): JobState => ({ phase: 'failed', reason, final });

let folder: string;
let jobs: Job[];
beforeEach(() => {
  folder = runFolder();
  jobs = jobsIn(folder, 3);
});
const done = ['train-0: done', 'train-1: done', 'train-2: done'];

describe('driving job folders', () => {
  it('submits all at once and waits for them; what is done already is not submitted', async () => {
    finish(jobs[1] as Job);
    const launcher = new Scripted({
      'train-0.1': [{ phase: 'waiting' }, { phase: 'running' }, { phase: 'done' }],
    });
    const told: string[] = [];
    const progress = (n: number, total: number): number => told.push(`${n}/${total}`);
    expect(await driven(folder, launcher, jobs, { progress })).toEqual(done);
    expect(launcher.submitted.map(({ id }) => id)).toEqual(['train-0', 'train-2']);
    expect(told).toEqual(['1/3', '2/3', '3/3']);
  });

  it('begins a job when the one that it waits for has ended, whatever came of that one', async () => {
    for (const first of [[{ phase: 'done' }], [failed('no'), failed('no')]] as JobState[][]) {
      const launcher = new Scripted({ 'train-2.1': [{ phase: 'running' }, ...first] });
      const began: string[] = [];
      const [a, b, c] = jobs as [Job, Job, Job];
      const chain = [{ ...a, after: b.id }, { ...b, after: c.id }, c];
      const begin = async (at: string): Promise<void> => {
        began.push(basename(at));
      };
      await driven(folder, launcher, chain, { begin, retries: 0 });
      expect(launcher.submitted.map(({ id }) => id)).toEqual(['train-2', 'train-1', 'train-0']);
      expect(began).toEqual(['train-2', 'train-1', 'train-0']);
      folder = runFolder();
      jobs = jobsIn(folder, 3);
    }
  });

  it('looks often at short jobs, and seldom at long ones', () => {
    const timing: Launcher['timing'] = { poll: [500, 5000], grace: 0 };
    const pauses = [0, 4000, 8000, 3_600_000].map((quiet) => pauseAfter(quiet, timing));
    expect(pauses).toEqual([500, 500, 800, 5000]);
  });

  it('offers again what there was no room for', async () => {
    const launcher = new Scripted();
    launcher.room = 1;
    expect(await driven(folder, launcher, jobs)).toEqual(done);
    expect(launcher.submitted).toHaveLength(3);
  });

  it('tries again within bounds, and reports each job that is lost with its last lines', async () => {
    const launcher = new Scripted({
      'train-0.1': [failed('its node failed')],
      'train-0.2': [{ phase: 'unknown' }],
      ...Object.fromEntries(
        [1, 2, 3, 4].map((n) => [`train-1.${n}`, [failed('it ran past its time limit')]]),
      ),
    });
    const outcomes = await driven(folder, launcher, jobs);
    expect(outcomes[0]).toBe('train-0: done');
    expect(outcomes[1]).toContain('it ran past its time limit; its last lines:\n  | first\n  | last words');
    expect(launcher.submitted.map(({ handle }) => handle)).toEqual([
      ...['train-0.1', 'train-1.1', 'train-2.1', 'train-0.2', 'train-1.2', 'train-0.3', 'train-1.3'],
    ]);
    // A run of its own gets attempts of its own, under new names.
    const again = new Scripted();
    expect(await driven(folder, again, jobs)).toEqual(done);
    expect(again.submitted.map(({ handle }) => handle)).toEqual(['train-1.4']);
  });

  it('does not try again what somebody cancelled, or what the worker says cannot work', async () => {
    const launcher = new Scripted({
      'train-0.1': [failed('it was cancelled', true)],
      'train-1.1': [failed('it failed')],
    });
    launcher.onState = ({ id, folder: at }) => {
      if (id !== 'train-1') return;
      const events = [
        { event: 'start' },
        { event: 'error', kind: 'bad-data', message: 'Line 3 is bad', retryable: false, line: 3 },
      ];
      writeFileSync(join(at, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    };
    const outcomes = await driven(folder, launcher, jobs);
    expect(outcomes[0]).toContain('it was cancelled');
    expect(outcomes[1]).toBe('train-1: Line 3 is bad');
    expect(launcher.submitted).toHaveLength(3);
  });

  it('does not take an error of an earlier attempt for one of this', async () => {
    const events = join((jobs[0] as Job).folder, 'events.jsonl');
    writeFileSync(events, '{"event":"error","kind":"bad-job","message":"old","retryable":false}\n');
    const launcher = new Scripted({ 'train-0.1': [failed('its node failed')] });
    expect(await driven(folder, launcher, jobs)).toEqual(done);
  });

  it('runs a job again whose result is not whole', async () => {
    const path = join((jobs[0] as Job).folder, 'result.json');
    const launcher = new Scripted({ 'train-0.1': [{ phase: 'running' }, { phase: 'unknown' }] });
    launcher.onState = ({ handle }) => {
      if (handle === 'train-0.1') writeFileSync(path, 'half');
      if (handle === 'train-0.2' && existsSync(path)) finish(jobs[0] as Job);
    };
    expect(await driven(folder, launcher, jobs)).toEqual(done);
    expect(launcher.submitted.filter(({ id }) => id === 'train-0')).toHaveLength(2);
  });

  it('finds the jobs of a hyde that was killed, and submits none of them again', async () => {
    const launches = await Launches.open(folder, 'local');
    launches.submitted({ ...(jobs[0] as Job), attempt: 1, handle: 'train-0.1' }, 0);
    launches.submitted({ ...(jobs[1] as Job), attempt: 4, handle: 'train-1.4' }, 0);
    launches.close();
    const launcher = new Scripted({ 'train-1.4': [{ phase: 'unknown' }] });
    expect(await driven(folder, launcher, jobs)).toEqual(done);
    expect(launcher.submitted.map(({ handle }) => handle)).toEqual(['train-2.1', 'train-1.5']);
  });

  it('writes down that a job was done while no hyde watched, whoever had it', async () => {
    const launches = await Launches.open(folder, 'slurm');
    launches.submitted({ ...(jobs[0] as Job), attempt: 2, handle: 'x/0' }, 7);
    launches.submitted({ ...(jobs[1] as Job), attempt: 1, handle: 'x/1' }, 0);
    launches.ended({ ...(jobs[1] as Job), attempt: 1, handle: 'x/1' }, 'failed', 'it was cancelled');
    launches.close();
    for (const job of jobs) finish(job);
    const launcher = new Scripted();
    expect(await driven(folder, launcher, jobs)).toEqual(done);
    expect(launcher.submitted).toEqual([]);
    const { meta: _, ...first } = (await readLaunches(folder)).get('train-0') ?? {};
    expect(first).toEqual({
      ...{ job: 'train-0', attempt: 2, launcher: 'slurm', handle: 'x/0', state: 'done', events: 0 },
    });
    expect((await readLaunches(folder)).get('train-1')).not.toHaveProperty('reason');
    expect((await readLaunches(folder)).has('train-2')).toBe(false);
  });

  it('refuses to run what may still run with another launcher', async () => {
    const launches = await Launches.open(folder, 'slurm');
    launches.submitted({ ...(jobs[0] as Job), attempt: 1, handle: 'x/0' }, 0);
    launches.close();
    await expect(driven(folder, new Scripted(), jobs)).rejects.toThrow(/submitted to launcher slurm/);
  });

  it('waits for a controller that is away, counts no attempt for it, and gives up in the end', async () => {
    const observer = listening();
    let away = 6;
    const launcher = new Scripted();
    launcher.before = () => {
      if (--away > 0) throw new FailedError('no route');
    };
    expect(await driven(folder, launcher, jobs, { observer })).toEqual(done);
    expect(launcher.submitted).toHaveLength(3);
    expect(observer.heard.filter((text) => text.includes('cannot be reached'))).toHaveLength(1);
    expect(observer.heard).toContain('the launcher answers again');

    for (const { folder: at } of jobs) rmSync(join(at, 'result.json'));
    const never = new Scripted();
    never.before = () => {
      throw new FailedError('no route');
    };
    await expect(driven(folder, never, jobs, { patience: 20 })).rejects.toThrow(/no route/);
  });

  it('ends at once where the launcher refuses what the audit says', async () => {
    const launcher = new Scripted();
    launcher.before = () => {
      throw new InputError('no such partition');
    };
    await expect(driven(folder, launcher, jobs)).rejects.toThrow(InputError);
  });

  it('leaves jobs where they are when the user stops, and finds them after', async () => {
    const controller = new AbortController();
    const launcher = new Scripted({ 'train-0.1': [{ phase: 'running' }] });
    launcher.onState = () => controller.abort();
    await expect(driven(folder, launcher, jobs, { signal: controller.signal })).rejects.toThrow(
      InterruptedError,
    );
    expect(launcher.cancelled).toEqual([]);
    expect((await readLaunches(folder)).get('train-0')?.state).toBe('submitted');
    const after = new Scripted();
    expect(await driven(folder, after, jobs)).toEqual(done);
    expect(after.submitted.map(({ id }) => id)).not.toContain('train-0');
  });
});
