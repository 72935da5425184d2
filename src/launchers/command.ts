import type { Attempt, JobState, Ticket } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { handleOf, type Launcher, type LauncherContext, sleep } from './launcher.js';
import { Processes } from './processes.js';
import { execute, quote, words, workerLine } from './shell.js';
import { lastLine } from './site.js';

/** Words by which common tools name a state. */
const WORDS: [RegExp, JobState['phase']][] = [
  [/\b(succeeded|completed?|done|finished|success)\b/i, 'done'],
  [/\b(failed|failure|error|cancel(l)?ed|crashed|evicted|timed?[-_ ]?out|stopped|killed)\b/i, 'failed'],
  [/\b(running|active|executing)\b/i, 'running'],
  [/\b(pending|queued|waiting|submitted|starting|setting_up|recovering|init|created)\b/i, 'waiting'],
];

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
  const values: Record<string, string> = {
    id: handleOf(folder, attempt),
    folder: attempt.folder,
    command: workerLine(worker, quote(attempt.folder), spec),
  };
  return words(template).map((word) =>
    word.replace(/\{(id|folder|command)\}/g, (_, name: string) => values[name] as string),
  );
}

class HandedOver implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [1000, 15_000], grace: 60_000 };
  readonly endsWithHyde = false;
  private readonly handed = new Set<string>();
  /** Why a job could not be handed over, by its handle. */
  private readonly refused = new Map<string, string>();

  constructor(private readonly context: LauncherContext) {}

  async submit(attempts: readonly Attempt[], claim: (ticket: Ticket) => void): Promise<Ticket[]> {
    const { spec, folder } = this.context;
    const taken: Ticket[] = [];
    for (const attempt of attempts) {
      if (this.handed.size >= (spec.parallel ?? 1)) break;
      const ticket = { ...attempt, handle: handleOf(folder, attempt) };
      claim(ticket);
      const known = await this.stateOf(ticket);
      if (known.phase === 'unknown') {
        const { code, stderr, stdout } = await execute(filled(spec.submit ?? '', attempt, this.context));
        // It may have been heard all the same.
        if (code !== 0 && (await this.stateOf(ticket)).phase === 'unknown')
          this.refused.set(ticket.handle, `submit: ${lastLine(stderr || stdout)}`);
      }
      this.handed.add(ticket.id);
      taken.push(ticket);
    }
    return taken;
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

  private async stateOf(ticket: Ticket): Promise<JobState> {
    const reason = this.refused.get(ticket.handle);
    if (reason !== undefined) return { phase: 'failed', reason };
    const { code, stdout } = await this.call('state', ticket);
    const said = stdout.trim();
    const phase = WORDS.find(([word]) => word.test(said))?.[1];
    if (code !== 0 || !phase) return { phase: 'unknown' };
    return phase === 'failed' ? { phase, reason: `its state is ${said.slice(0, 80)}` } : { phase };
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
