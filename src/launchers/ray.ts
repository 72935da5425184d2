import type { Attempt, JobState, Ticket } from '../records/launch.js';
import { isLoopback, wrongAddress } from '../shared/addresses.js';
import { FailedError, InputError } from '../shared/errors.js';
import { quote } from '../shared/quote.js';
import { handleOf, type Launcher, type LauncherContext, type Submission, sleep } from './launcher.js';
import { at, firstLine, RayApi, type Reply } from './ray-api.js';
import { workerPackage } from './ray-package.js';
import { byBash, workerLine } from './shell.js';

/** The dashboard's view of used resources is at most so old, in milliseconds. */
const REPORT_MS = 10_000;

/**
 * Ray, over its Jobs REST API (docs.ray.io, "Ray Jobs REST API"). A job pending for 15 minutes fails there, so no more are submitted
 * than there are free slots; an id is looked up before it is used, since the API answers an id used twice with an error.
 */
export class Ray implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [500, 5000], grace: 30_000 };
  readonly endsWithHyde = false;
  /** Jobs that wait or run, as far as this hyde knows. */
  private readonly mine = new Set<string>();
  /** When own jobs ended, in milliseconds of `performance.now`. */
  private ended: number[] = [];
  /** It was said that there is no room. */
  private toldFull = false;
  private readonly api: RayApi;
  private readonly package_ = workerPackage();

  private constructor(
    private readonly context: LauncherContext,
    address: URL,
  ) {
    this.api = new RayApi(address);
  }

  static async open(context: LauncherContext): Promise<Ray> {
    const given = context.spec.address ?? process.env.RAY_API_SERVER_ADDRESS;
    if (!given) {
      throw new InputError(
        'launcher ray needs the address of the cluster',
        undefined,
        'run: { address: "http://HEAD:8265" }, or RAY_API_SERVER_ADDRESS in the environment',
      );
    }
    const wrong = wrongAddress(given);
    if (wrong) throw new InputError(`the address of Ray's dashboard ${wrong}`);
    const url = new URL(given);
    if (process.env.RAY_AUTH_TOKEN && url.protocol === 'http:' && !isLoopback(url.hostname))
      context.observer.warn(`Ray: the token goes to ${url.host} over http, which others on the way can read`);
    return new Ray(context, url);
  }

  async submit(attempts: readonly Attempt[], tell: Submission): Promise<void> {
    const room = await this.room();
    if (room === 0 && this.mine.size === 0 && !this.toldFull) {
      this.toldFull = true;
      this.context.observer.note('Ray has no free slots now; jobs are submitted when it has');
    }
    for (const attempt of attempts.slice(0, room)) {
      const ticket = { ...attempt, handle: handleOf(this.context.folder, attempt) };
      tell.claimed(ticket);
      if ((await this.get(ticket)).status === 404) await this.post(ticket, tell);
      this.mine.add(ticket.id);
      tell.taken(ticket);
    }
  }

  /** How many more jobs would begin at once. */
  private async room(): Promise<number> {
    const { parallel, gpus } = this.context.spec;
    const own = (parallel ?? Number.POSITIVE_INFINITY) - this.mine.size;
    if (own <= 0) return 0;
    const { status, json } = await this.api.call('GET', '/api/cluster_status');
    const usage = at(json, 'data', 'clusterStatus', 'loadMetricsReport', 'usage');
    if (status !== 200 || usage === undefined)
      throw new FailedError(`Ray: no cluster status (HTTP ${status})`);
    const wanted: [string, number][] = [
      ['CPU', this.cpus],
      ...(gpus ? [['GPU', gpus] as [string, number]] : []),
    ];
    const slots = wanted.map(([name, needed]) => {
      const [used, total] = (Array.isArray(usage[name]) ? usage[name] : [0, 0]).map(Number) as [
        number,
        number,
      ];
      // A cluster that grows by demand has to see some.
      if (total < needed) return this.mine.size ? 0 : 1;
      // Ray tells what is used some seconds late: own jobs that ended meanwhile may still be in it.
      const others = Math.max(0, used - needed * (this.mine.size + this.lately()));
      return Math.floor((total - others) / needed) - this.mine.size;
    });
    return Math.max(0, Math.min(own, ...slots));
  }

  /** Own jobs that ended within the time that Ray takes to tell. */
  private lately(): number {
    const from = performance.now() - REPORT_MS;
    this.ended = this.ended.filter((at) => at > from);
    return this.ended.length;
  }

  private get cpus(): number {
    return this.context.spec.cpus ?? 1;
  }

  private async post(ticket: Ticket, tell: Submission): Promise<void> {
    const { handle, id, folder } = ticket;
    const { worker, spec } = this.context;
    const package_ = await this.upload();
    // The code is the upload's; whatever else Python should find there is the cluster's own.
    const { PYTHONPATH: _, ...variables } = worker.variables;
    const line = workerLine({ ...worker, variables }, quote(folder), {
      ...spec,
      cpus: this.cpus,
    });
    const { status, text } = await this.api.call('POST', '/api/jobs/', {
      submission_id: handle,
      entrypoint: byBash(`${line} >/dev/null`),
      entrypoint_num_cpus: this.cpus,
      ...(spec.gpus ? { entrypoint_num_gpus: spec.gpus } : {}),
      runtime_env: { working_dir: `gcs://${package_}` },
      metadata: { hyde: id },
    });
    if (status === 200) return;
    // Somebody was quicker, or the first answer was lost.
    if (/already exists|Please use a different submission_id/i.test(text)) return;
    if (status >= 400 && status < 500) {
      tell.refused(ticket, `Ray refused it: ${firstLine(text)}`);
      throw new InputError(`Ray refused the job: ${firstLine(text)}`);
    }
    throw new FailedError(`Ray took no job (HTTP ${status}): ${firstLine(text)}`);
  }

  /** Ray keeps an upload for ten minutes after it was last asked for, so it is asked for before each job. */
  private async upload(): Promise<string> {
    const { name, bytes } = this.package_;
    const path = `/api/packages/gcs/${name}`;
    if ((await this.api.call('GET', path)).status === 200) return name;
    const { status, text } = await this.api.call('PUT', path, bytes);
    if (status !== 200) throw new FailedError(`Ray took no package (HTTP ${status}): ${firstLine(text)}`);
    return name;
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    const states = await Promise.all(
      tickets.map(async (ticket) => [ticket.id, await this.stateOf(ticket)] as const),
    );
    for (const [id, { phase }] of states) {
      if (phase === 'waiting' || phase === 'running') this.mine.add(id);
      else if (this.mine.delete(id)) this.ended.push(performance.now());
    }
    return new Map(states);
  }

  private async stateOf(ticket: Ticket): Promise<JobState> {
    const { status, json, text } = await this.get(ticket);
    if (status === 404) return { phase: 'unknown' };
    if (status !== 200) throw new FailedError(`Ray: HTTP ${status}: ${firstLine(text)}`);
    const message = firstLine(String(json?.message ?? ''));
    switch (json?.status) {
      case 'PENDING':
        return { phase: 'waiting', reason: message };
      case 'RUNNING':
        return { phase: 'running' };
      case 'SUCCEEDED':
        return { phase: 'done' };
      case 'STOPPED':
        return { phase: 'failed', reason: 'it was stopped', final: true };
      default:
        return { phase: 'failed', reason: message };
    }
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    for (const ticket of tickets) {
      const { status, text } = await this.api.call('POST', `${pathOf(ticket)}/stop`);
      if (status !== 200 && status !== 404) throw new FailedError(`Ray: ${firstLine(text)}`);
    }
  }

  async logs(ticket: Ticket): Promise<string> {
    const { json } = await this.api.call('GET', `${pathOf(ticket)}/logs`);
    return String(json?.logs ?? '').slice(-4000);
  }

  private get(ticket: Ticket): Promise<Reply> {
    return this.api.call('GET', pathOf(ticket));
  }

  changed(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return sleep(milliseconds, signal);
  }

  async close(): Promise<void> {
    await this.api.close();
  }
}

const pathOf = ({ handle }: Ticket): string => `/api/jobs/${encodeURIComponent(handle)}`;
