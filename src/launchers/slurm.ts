import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt, JobState, LaunchSpec, Ticket } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { writeFileAtomic } from '../shared/files.js';
import { shortHash } from '../shared/hash.js';
import { quote } from '../shared/quote.js';
import { type Launcher, type LauncherContext, type Submission, sleep } from './launcher.js';
import { answerOf, SBATCH_MS, sbatch } from './sbatch.js';
import { workerLine } from './shell.js';
import { here, lastLine, overSsh, type Site } from './site.js';
import { Room } from './slurm-room.js';
import { fromSacct, fromSqueue, stateOf, type TaskState } from './slurm-states.js';

/** Slurm's default MaxArraySize is 1001. */
const LONGEST_ARRAY = 1000;
/** A refusal that took so many milliseconds is the last one for now: meanwhile nobody looks at the jobs that run. */
const SLOW_MS = 30_000;

/**
 * Slurm: one job array for the jobs that are submitted together, by `sbatch`. The array's name is a hash of its jobs and attempts,
 * by which `squeue` and `sacct` find it again, also where the answer of `sbatch` was lost.
 */
export class Slurm implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [1000, 15_000], grace: 60_000 };
  readonly endsWithHyde = false;
  /** Tasks of an array that Slurm takes, as far as is known: no more than it allows, and no more than it last had room for. */
  private longest = LONGEST_ARRAY;
  private fits = LONGEST_ARRAY;
  private readonly room: Room;
  /** Slurm keeps no accounts here; `squeue` knows ended jobs for some minutes, and after that the job folder does. */
  private noAccounts = false;
  private warned = false;
  private readonly spec: LaunchSpec;
  private readonly folder: string;

  private constructor(
    private readonly context: LauncherContext,
    private readonly site: Site,
  ) {
    this.spec = context.spec;
    this.folder = join(context.folder, 'jobs', 'slurm');
    this.room = new Room(context.spec.parallel);
  }

  static async open(context: LauncherContext): Promise<Slurm> {
    const { host, remote } = context.spec;
    const site = host && remote ? await overSsh(host, remote, context.folder) : here;
    return new Slurm(context, site);
  }

  /** None where all that may run at once are with Slurm; else an array may be longer. */
  get free(): number {
    return this.room.free > 0 ? Number.POSITIVE_INFINITY : 0;
  }

  async submit(attempts: readonly Attempt[], tell: Submission): Promise<void> {
    let rest = await this.found(attempts, tell);
    while (rest.length > 0 && this.room.free > 0) {
      const part = this.part(rest);
      const since = performance.now();
      const answer = await this.array(part, tell);
      if (answer === 'taken') {
        const taken = new Set(part);
        rest = rest.filter((attempt) => !taken.has(attempt));
        this.fits = Math.min(this.longest, this.fits * 2);
      } else {
        // A shorter array may still find room, or be allowed.
        this.fits = Math.ceil(part.length / 2);
        if (answer === 'too long') this.longest = this.fits;
        if (part.length === 1 || performance.now() - since > SLOW_MS) return;
      }
    }
  }

  /** Takes what was heard when it was asked for before. @returns the others */
  private async found(attempts: readonly Attempt[], tell: Submission): Promise<Attempt[]> {
    const asked = attempts.filter((attempt): attempt is Ticket => attempt.handle !== undefined);
    const tasks = asked.length ? await this.tasks(asked) : new Map<string, TaskState>();
    for (const ticket of asked) if (tasks.has(ticket.handle)) this.take(ticket, tell);
    return attempts.filter(({ handle }) => handle === undefined || !tasks.has(handle));
  }

  private take(ticket: Ticket, tell: Submission, atOnce?: number): void {
    tell.claimed(ticket);
    tell.taken(ticket);
    this.room.add(nameOf(ticket.handle), ticket.handle, atOnce);
  }

  /** The next array. Jobs that were one before stay together, so that it gets the name that it had. */
  private part(rest: readonly Attempt[]): Attempt[] {
    const name = nameOf(rest[0]?.handle ?? '');
    const index = ({ handle = '' }: Attempt): number => Number(handle.split('/')[1] ?? 0);
    const together = rest.filter(({ handle = '' }) => nameOf(handle) === name);
    return together.toSorted((a, b) => index(a) - index(b)).slice(0, this.fits);
  }

  /** Submits one array, unless it is there already. */
  private async array(
    attempts: readonly Attempt[],
    tell: Submission,
  ): Promise<'taken' | 'full' | 'too long'> {
    const key = `hyde-${shortHash([this.context.folder, attempts.map(({ id, attempt }) => [id, attempt])])}`;
    const tickets = attempts.map((attempt, index) => ({ ...attempt, handle: `${key}/${index}` }));
    if ((await this.squeue([key])).some(({ name }) => name === key)) {
      for (const ticket of tickets) this.take(ticket, tell);
      return 'taken';
    }
    const list = join(this.folder, `${key}.txt`);
    mkdirSync(this.folder, { recursive: true });
    writeFileAtomic(list, attempts.map(({ folder }) => `${this.site.there(folder)}\n`).join(''));
    await this.site.send(attempts, [list]);
    for (const ticket of tickets) tell.claimed(ticket);
    const atOnce = this.room.free;
    const folder = this.site.there(this.folder);
    const argv = sbatch(key, { tasks: tickets.length, atOnce, folder }, this.spec);
    const ran = await this.site.run(argv, this.script(this.site.there(list)), SBATCH_MS);
    const answer = answerOf(ran);
    const said = lastLine(ran.stderr).replace(/^sbatch: error: /, '');
    if (answer === 'taken') {
      for (const ticket of tickets) {
        tell.taken(ticket);
        this.room.add(key, ticket.handle, atOnce);
      }
      return 'taken';
    }
    if (answer !== 'lost') for (const ticket of tickets) tell.refused(ticket, `sbatch: ${said}`);
    if (answer === 'lost' || answer === 'away') throw new FailedError(`sbatch: ${said}`);
    if (answer === 'refused')
      throw new InputError(`sbatch refused: ${said}`, undefined, 'see `run` in the audit file');
    return answer;
  }

  private script(list: string): string {
    const { worker, spec } = this.context;
    const command = { ...worker, variables: this.site.variables ?? worker.variables };
    return [
      '#!/usr/bin/env bash',
      `folder=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quote(list)})`,
      '[ -n "$folder" ] || exit 1',
      `${workerLine(command, '"$folder"', spec)} >/dev/null`,
      '',
    ].join('\n');
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    const tasks = await this.tasks(tickets);
    return new Map(
      tickets.map(({ id, handle }) => {
        const task = tasks.get(handle);
        const state: JobState = task ? stateOf(task) : { phase: 'unknown' };
        if (state.phase === 'waiting' || state.phase === 'running') this.room.add(nameOf(handle), handle);
        else this.room.remove(nameOf(handle), handle);
        return [id, state];
      }),
    );
  }

  /** What Slurm knows of tasks, by handle; the latest where there are several. */
  private async tasks(tickets: readonly Ticket[]): Promise<Map<string, TaskState>> {
    const tasks = new Map<string, TaskState>();
    const add = (found: readonly TaskState[]): void => {
      for (const task of found) {
        const handle = `${task.name}/${task.index}`;
        if ((tasks.get(handle)?.array ?? -1) < task.array) tasks.set(handle, task);
      }
    };
    add(await this.squeue(namesOf(tickets)));
    const missing = tickets.filter(({ handle }) => !tasks.has(handle));
    if (missing.length) add(await this.sacct(namesOf(missing)));
    return tasks;
  }

  private async squeue(names: readonly string[]): Promise<TaskState[]> {
    const { code, stdout, stderr } = await this.site.run([
      ...['squeue', '--noheader', '--array', '--me', '--states=all'],
      ...[`--name=${names.join(',')}`, '--format=%F|%K|%j|%T|%r'],
    ]);
    if (code !== 0) throw new FailedError(`squeue: ${lastLine(stderr)}`);
    return fromSqueue(stdout);
  }

  /** Jobs that the controller has forgotten. */
  private async sacct(names: readonly string[]): Promise<TaskState[]> {
    if (this.noAccounts) return [];
    const { code, stdout, stderr } = await this.site.run([
      ...['sacct', '-X', '-n', '-P', `--name=${names.join(',')}`],
      ...['--starttime=now-30days', '--format=JobID,JobName%40,State'],
    ]);
    if (code === 0) return fromSacct(stdout);
    this.noAccounts = /accounting storage is disabled/i.test(stderr);
    if (!this.noAccounts && !this.warned) {
      this.warned = true;
      this.context.observer.warn(
        `the accounts of Slurm cannot be asked: ${lastLine(stderr)}; squeue and the job folders tell`,
      );
    }
    return [];
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    const wanted = new Set(tickets.map(({ handle }) => handle));
    const there = (await this.squeue(namesOf(tickets))).filter((task) => {
      const { phase } = stateOf(task);
      return wanted.has(`${task.name}/${task.index}`) && (phase === 'waiting' || phase === 'running');
    });
    if (!there.length) return;
    const { code, stderr } = await this.site.run([
      'scancel',
      ...there.map(({ array, index }) => `${array}_${index}`),
    ]);
    if (code !== 0) throw new FailedError(`scancel: ${lastLine(stderr)}`);
  }

  async logs({ handle }: Ticket): Promise<string> {
    const path = join(this.folder, `${handle.replace('/', '-')}.log`);
    return (await this.site.run(['tail', '-c', '4000', this.site.there(path)])).stdout;
  }

  fetch(tickets: readonly Ticket[]): Promise<void> {
    return this.site.fetch(tickets);
  }

  changed(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleep(milliseconds, signal);
  }

  async close(): Promise<void> {}
}

const nameOf = (handle: string): string => handle.split('/')[0] as string;

const namesOf = (tickets: readonly Ticket[]): string[] => [
  ...new Set(tickets.map(({ handle }) => nameOf(handle))),
];
