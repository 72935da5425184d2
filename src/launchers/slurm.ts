import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt, JobState, LaunchSpec, Ticket } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { writeFileAtomic } from '../shared/files.js';
import { shortHash } from '../shared/hash.js';
import { type Launcher, type LauncherContext, sleep } from './launcher.js';
import { quote, TimedOut, workerLine } from './shell.js';
import { here, lastLine, overSsh, type Site } from './site.js';
import { fromSacct, fromSqueue, stateOf, type TaskState } from './slurm-states.js';

/** What sbatch says when there is no room now. */
const FULL =
  /limit|temporarily unable|sleeping and retrying|Resource temporarily unavailable|MaxJobCount|Slurm is busy|too many|slow down/i;
/** A limit that no waiting changes. The text of a full queue has the words `time limits`, too. */
const NEVER = /Requested time limit is invalid/i;
/** More tasks than `MaxArraySize` allows. */
const TOO_LONG = /Invalid job array specification/i;
const UNREACHABLE = /contact slurm controller|connect failure|Connection refused|Unable to establish/i;
const AMBIGUOUS = /timed out|Zero Bytes|Communication (connection )?failure/i;

/** Slurm's default MaxArraySize is 1001. */
const LONGEST_ARRAY = 1000;
/** Milliseconds: where the controller has no room for more jobs at all, sbatch itself tries again for 120 s before it says so. */
const SBATCH_MS = 240_000;

/**
 * Slurm: one job array for the jobs that are submitted together, by `sbatch`. The array's name is a hash of its jobs and attempts,
 * by which `squeue` and `sacct` find it again, also where the answer of `sbatch` was lost.
 */
export class Slurm implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [1000, 15_000], grace: 60_000 };
  readonly endsWithHyde = false;
  private longest = LONGEST_ARRAY;
  /** Slurm keeps no accounts here; `squeue` knows ended jobs for some minutes, and after that the job folder does. */
  private noAccounts = false;
  private readonly spec: LaunchSpec;
  private readonly folder: string;

  private constructor(
    private readonly context: LauncherContext,
    private readonly site: Site,
  ) {
    this.spec = context.spec;
    this.folder = join(context.folder, 'jobs', 'slurm');
  }

  static async open(context: LauncherContext): Promise<Slurm> {
    const { host, remote } = context.spec;
    const site = host && remote ? await overSsh(host, remote, context.folder) : here;
    return new Slurm(context, site);
  }

  async submit(attempts: readonly Attempt[], claim: (ticket: Ticket) => void): Promise<Ticket[]> {
    const taken: Ticket[] = [];
    let longest = this.longest;
    for (let rest = attempts; rest.length > 0; ) {
      const part = rest.slice(0, longest);
      const answer = await this.array(part, claim);
      if (answer === 'taken') {
        taken.push(...part.map((attempt, index) => ticketOf(this.keyOf(part), attempt, index)));
        rest = rest.slice(part.length);
      } else if (part.length > 1) {
        // A shorter array may still find room, or be allowed.
        longest = Math.ceil(part.length / 2);
        if (answer === 'too long') this.longest = longest;
      } else {
        break;
      }
    }
    return taken;
  }

  /** Submits one array, unless it is there already. */
  private async array(
    attempts: readonly Attempt[],
    claim: (ticket: Ticket) => void,
  ): Promise<'taken' | 'full' | 'too long'> {
    const key = this.keyOf(attempts);
    const list = join(this.folder, `${key}.txt`);
    mkdirSync(this.folder, { recursive: true });
    writeFileAtomic(list, attempts.map(({ folder }) => `${this.site.there(folder)}\n`).join(''));
    await this.site.send(attempts, [list]);
    for (const [index, attempt] of attempts.entries()) claim(ticketOf(key, attempt, index));
    if ((await this.squeue([key])).some(({ name }) => name === key)) return 'taken';
    try {
      const { code, stderr } = await this.site.run(
        this.sbatch(key, attempts.length),
        this.script(this.site.there(list)),
        SBATCH_MS,
      );
      if (code === 0 || AMBIGUOUS.test(stderr)) return 'taken';
      if (UNREACHABLE.test(stderr)) throw new FailedError(`sbatch: ${lastLine(stderr)}`);
      if (TOO_LONG.test(stderr)) return 'too long';
      if (FULL.test(stderr) && !NEVER.test(stderr)) {
        if (attempts.length === 1) this.context.observer.detail(`Slurm has no room: ${lastLine(stderr)}`);
        return 'full';
      }
      throw new InputError(`sbatch refused: ${lastLine(stderr)}`, undefined, 'see `run` in the audit file');
    } catch (error) {
      // It may have been heard; should it not, the jobs will be unknown.
      if (error instanceof TimedOut) return 'taken';
      throw error;
    }
  }

  private keyOf(attempts: readonly Attempt[]): string {
    return `hyde-${shortHash([this.context.folder, attempts.map(({ id, attempt }) => [id, attempt])])}`;
  }

  private sbatch(key: string, tasks: number): string[] {
    const { parallel, minutes, partition, account, gpus, cpus, options } = this.spec;
    const log = this.site.there(join(this.folder, `${key}-%a.log`.replace(/%(?!a)/g, '%%')));
    return [
      'sbatch',
      '--parsable',
      `--job-name=${key}`,
      `--array=0-${tasks - 1}${parallel === null ? '' : `%${parallel}`}`,
      '--requeue',
      '--open-mode=append',
      `--output=${log}`,
      `--chdir=${this.site.there(this.folder)}`,
      ...(minutes === null ? [] : [`--time=${minutes}`]),
      ...(partition === null ? [] : [`--partition=${partition}`]),
      ...(account === null ? [] : [`--account=${account}`]),
      ...(gpus ? [`--gres=gpu:${gpus}`] : []),
      ...(cpus === null ? [] : [`--cpus-per-task=${cpus}`]),
      ...options,
    ];
  }

  private script(list: string): string {
    const { worker, spec } = this.context;
    const command = { ...worker, variables: this.site.variables ?? worker.variables };
    return [
      '#!/bin/sh',
      `folder=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quote(list)})`,
      '[ -n "$folder" ] || exit 1',
      `${workerLine(command, '"$folder"', spec)} >/dev/null`,
      '',
    ].join('\n');
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    const names = [...new Set(tickets.map(({ handle }) => nameOf(handle)))];
    const tasks = new Map<string, TaskState>();
    const add = (found: readonly TaskState[]): void => {
      for (const task of found) {
        const handle = `${task.name}/${task.index}`;
        if ((tasks.get(handle)?.array ?? -1) < task.array) tasks.set(handle, task);
      }
    };
    add(await this.squeue(names));
    const missing = tickets.filter(({ handle }) => !tasks.has(handle));
    if (missing.length) add(await this.sacct([...new Set(missing.map(({ handle }) => nameOf(handle)))]));
    return new Map(
      tickets.map(({ id, handle }) => {
        const task = tasks.get(handle);
        return [id, task ? stateOf(task) : { phase: 'unknown' }];
      }),
    );
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
    if (!/accounting storage is disabled/i.test(stderr)) throw new FailedError(`sacct: ${lastLine(stderr)}`);
    this.noAccounts = true;
    return [];
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    const wanted = new Set(tickets.map(({ handle }) => handle));
    const names = [...new Set(tickets.map(({ handle }) => nameOf(handle)))];
    const there = (await this.squeue(names)).filter((task) => {
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

const ticketOf = (key: string, attempt: Attempt, index: number): Ticket => ({
  ...attempt,
  handle: `${key}/${index}`,
});

const nameOf = (handle: string): string => handle.split('/')[0] as string;
