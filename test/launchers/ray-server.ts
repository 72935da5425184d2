import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';

interface RayJob {
  status: string;
  message: string;
  logs: string;
  body: Record<string, unknown>;
}

/** The part of Ray's Jobs API that hyde uses, with its habits: an id used twice is HTTP 500, usage is told late. */
export class RayServer {
  readonly jobs = new Map<string, RayJob>();
  readonly packages = new Map<string, Buffer>();
  readonly posted: string[] = [];
  /** Posts with an id that was there. */
  refused = 0;
  slots = 2;
  token: string | undefined;
  /** Requests that are answered by nothing but a closed connection. */
  away = 0;
  /** A POST that is heard, and whose answer is lost. */
  loseAnswer = false;
  /** Called when a job was heard, before the answer. */
  onPost: () => void = () => {};
  /** Looks at a job that are answered as if it were not there yet. */
  late = 0;
  /** What becomes of the next jobs in place of running them: a status each. */
  readonly fates: string[] = [];
  mostAtOnce = 0;
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      if (this.away > 0) {
        this.away--;
        request.socket.destroy();
        return;
      }
      void this.answer(request).then(([status, body]) => {
        if (status === 0) return request.socket.destroy();
        response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private get running(): number {
    return [...this.jobs.values()].filter(({ status }) => status === 'RUNNING' || status === 'PENDING')
      .length;
  }

  private async answer(request: IncomingMessage): Promise<[number, unknown]> {
    const bytes = Buffer.concat(await request.toArray());
    if (this.token && request.headers.authorization !== `Bearer ${this.token}`) return [401, 'who are you?'];
    const { method, url = '' } = request;
    const [, , kind, ...rest] = url.split('/');
    if (kind === 'cluster_status') {
      return [200, { data: { clusterStatus: { loadMetricsReport: { usage: { CPU: [0, this.slots] } } } } }];
    }
    if (kind === 'packages') {
      const name = rest[1] as string;
      if (method === 'PUT') this.packages.set(name, bytes);
      return this.packages.has(name) ? [200, {}] : [404, 'no such package'];
    }
    if (method === 'POST' && rest[0] === '') return this.take(JSON.parse(bytes.toString()));
    const job = this.jobs.get(rest[0] as string);
    if (job && this.late > 0) {
      this.late--;
      return [404, 'Job does not exist'];
    }
    if (!job) return [404, 'Job does not exist'];
    if (rest[1] === 'logs') return [200, { logs: job.logs }];
    if (rest[1] === 'stop') job.status = 'STOPPED';
    return [200, { status: job.status, message: job.message }];
  }

  private take(body: Record<string, unknown>): [number, unknown] {
    const id = body.submission_id as string;
    this.posted.push(id);
    if (this.jobs.has(id)) {
      this.refused++;
      return [500, `Traceback\nValueError: Job with submission_id ${id} already exists.`];
    }
    const job: RayJob = { status: 'RUNNING', message: 'Job is currently running.', logs: '', body };
    this.jobs.set(id, job);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    const fate = this.fates.shift();
    if (fate)
      Object.assign(job, { status: fate, message: 'Unexpected error: node died', logs: 'its last words' });
    else this.run(job);
    this.onPost();
    if (!this.loseAnswer) return [200, { submission_id: id }];
    this.loseAnswer = false;
    return [0, ''];
  }

  private run(job: RayJob): void {
    const cwd = mkdtempSync(`${tmpdir()}/hyde-ray-`);
    const child = spawn('sh', ['-c', job.body.entrypoint as string], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (text) => {
      job.logs += text;
    });
    child.on('close', (code) => {
      job.status = code === 0 ? 'SUCCEEDED' : 'FAILED';
      job.message = code === 0 ? '' : `Job entrypoint command failed with exit code ${code}`;
    });
  }
}
