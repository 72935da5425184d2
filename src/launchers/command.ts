import type { Attempt, JobState, Ticket } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { withHome } from '../shared/files.js';
import { quote } from '../shared/quote.js';
import { handleOf, type Launcher, type LauncherContext, type Submission, sleep } from './launcher.js';
import { Processes } from './processes.js';
import { byBash, execute, words, workerLine } from './shell.js';
import { lastLine } from './site.js';

/** Words by which common tools name a state. */
const WORDS: [RegExp, JobState['phase']][] = [
  [/\b(succeeded|completed?|done|finished|success)\b/i, 'done'],
  [/\b(failed|failure|error|exit|cancel(l)?ed|crashed|evicted|timed?[-_ ]?out|stopped|killed)\b/i, 'failed'],
  [/\b(run|running|active|executing)\b/i, 'running'],
  [/\b(pend|pending|queued|waiting|submitted|starting|setting_up|recovering|init|created)\b/i, 'waiting'],
];

/** Milliseconds: `submit` may first start a machine. */
const SUBMIT_MS = 30 * 60_000;

/**
 * Anything else, by command lines of the audit file. Without `state` the command that starts a job ends with it, as `srun` does, and
 * a pool of such processes is kept; with it the command only hands the job over.
 */
export function command(context: LauncherContext): Launcher {
  const { spec } = context;
  const start = (attempt: Attempt): string =>
    `exec ${filled(spec.submit ?? '', attempt, context)
      .map(quote)
      .join(' ')}`;
  if (spec.state !== null) return new HandedOver(context);
  return new Processes({ slots: spec.parallel ?? 1, devices: [], perJob: 0, minutes: null, start });
}

/** Words of a template with the job's own in them: `{command}` is one word, for a shell to read. The template itself is read by none. */
function filled(template: string, attempt: Attempt, { spec, worker, folder }: LauncherContext): string[] {
  const line = workerLine(worker, quote(attempt.folder), spec);
  const values: Record<string, string> = {
    id: handleOf(folder, attempt),
    folder: attempt.folder,
    command: spec.setup.length ? byBash(line) : line,
  };
  return words(template).map((word) =>
    withHome(word.replace(/\{(id|folder|command)\}/g, (_, name: string) => values[name] as string)),
  );
}

class HandedOver implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [1000, 15_000], grace: 60_000 };
  readonly endsWithHyde = false;
  private readonly handed = new Set<string>();
  /** A word was no known one, and that was said. */
  private warned = false;

  constructor(private readonly context: LauncherContext) {}

  get free(): number {
    return Math.max(0, (this.context.spec.parallel ?? 1) - this.handed.size);
  }

  async submit(attempts: readonly Attempt[], tell: Submission): Promise<void> {
    for (const attempt of attempts) {
      if (this.free === 0) break;
      const ticket = { ...attempt, handle: handleOf(this.context.folder, attempt) };
      const { phase } = await this.stateOf(ticket);
      tell.claimed(ticket);
      if (phase === 'unknown') await this.handOver(ticket, tell);
      this.handed.add(ticket.id);
      tell.taken(ticket);
    }
  }

  private async handOver(ticket: Ticket, tell: Submission): Promise<void> {
    const argv = filled(this.context.spec.submit ?? '', ticket, this.context);
    try {
      const { code, stderr, stdout } = await execute(argv, { milliseconds: SUBMIT_MS });
      // It may have been heard all the same: its state will tell.
      if (code !== 0) throw new FailedError(`submit: ${lastLine(stderr || stdout)}`);
    } catch (error) {
      if (error instanceof InputError) tell.refused(ticket, error.message);
      throw error;
    }
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    const states = new Map<string, JobState>();
    for (const ticket of tickets) {
      const state = await this.stateOf(ticket);
      if (state.phase === 'waiting' || state.phase === 'running') this.handed.add(ticket.id);
      else this.handed.delete(ticket.id);
      states.set(ticket.id, state);
    }
    return states;
  }

  /** @throws FailedError where the command fails: nothing is known then */
  private async stateOf(ticket: Ticket): Promise<JobState> {
    const { code, stdout, stderr } = await this.call('state', ticket);
    if (code !== 0) throw new FailedError(`state: ${lastLine(stderr || stdout)}`);
    const said = stdout.trim();
    if (said === '') return { phase: 'unknown' };
    const phase = WORDS.find(([word]) => word.test(said))?.[1];
    if (phase === 'failed') return { phase, reason: `its state is ${said.slice(0, 80)}` };
    if (phase) return { phase };
    if (!this.warned)
      this.context.observer.warn(
        `the state of ${ticket.id}, '${said.slice(0, 80)}', is no word that hyde knows; such jobs count as running`,
      );
    this.warned = true;
    return { phase: 'running' };
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    if (this.context.spec.cancel === null) {
      throw new InputError(
        'the audit file has no command that cancels a job',
        undefined,
        'run: { cancel: ... }',
      );
    }
    for (const ticket of tickets) {
      const { code, stderr } = await this.call('cancel', ticket);
      if (code !== 0) throw new FailedError(`cancel: ${lastLine(stderr)}`);
    }
  }

  async logs(ticket: Ticket): Promise<string> {
    return this.context.spec.logs === null ? '' : (await this.call('logs', ticket)).stdout.slice(-4000);
  }

  private call(which: 'state' | 'cancel' | 'logs', ticket: Ticket): ReturnType<typeof execute> {
    return execute(filled(this.context.spec[which] ?? '', ticket, this.context));
  }

  changed(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleep(milliseconds, signal);
  }

  async close(): Promise<void> {}
}
