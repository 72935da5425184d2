import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { servers } from '../../src/launchers/servers.js';
import type { LaunchSpec, ServerFleet, ServeSpec } from '../../src/records/launch.js';
import { listening, runFolder, script, spec } from './folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const serveSpec: ServeSpec = {
  ...{ base: 'base', count: 1, bind: '127.0.0.1', port: null, patience: 5, adapters: 8, rank: 16 },
  ...{ gpus: null, cpus: null, minutes: null, partition: null, options: [], setup: [] },
  command: '',
};

/** A run folder with a stand-in for vLLM, and a Python that finds the worker. */
export class ServersCase {
  readonly folder = runFolder();
  private readonly vllm = join(this.folder, 'vllm');
  readonly python = script(
    join(this.folder, 'python'),
    `PYTHONPATH="${join(root, 'worker')}" exec python3 "$@"`,
  );
  readonly observer = listening();
  readonly opened: ServerFleet[] = [];

  constructor() {
    cpSync(join(root, 'test/launchers/vllm.mjs'), this.vllm);
    chmodSync(this.vllm, 0o755);
  }

  get command(): string {
    return `"${this.vllm}" serve {model} --served-model-name {name} --host {host} --port {port}`;
  }

  spec(launch: Partial<LaunchSpec> = {}, serve: Partial<ServeSpec> = {}): LaunchSpec & { serve: ServeSpec } {
    return { ...spec, retries: 1, ...launch, serve: { ...serveSpec, command: this.command, ...serve } };
  }

  async open(
    launch: Partial<LaunchSpec> = {},
    serve: Partial<ServeSpec> = {},
    signal?: AbortSignal,
  ): Promise<ServerFleet> {
    const { folder, observer } = this;
    const open = servers(this.spec(launch, serve), { folder, observer, signal });
    const fleet = await open('some/model', 'base', { python: this.python, variables: {} });
    this.opened.push(fleet);
    return fleet;
  }

  /** Makes the stand-in behave otherwise, from its next start on. */
  behave(odd: object): void {
    writeFileSync(`${this.vllm}.json`, JSON.stringify(odd));
  }

  /** What the stand-in wrote down: `<process> <what>`. */
  get log(): string[] {
    const path = `${this.vllm}.log`;
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  /** Processes of servers that were ever started, and whether they live. */
  get processes(): { pid: number; alive: boolean }[] {
    const pids = new Set(this.log.map((line) => Number(line.split(' ')[0])));
    return [...pids].map((pid) => ({ pid, alive: isAlive(pid) }));
  }

  get serverFolders(): string[] {
    const jobs = join(this.folder, 'jobs');
    return readdirSync(jobs)
      .filter((name) => name.startsWith('serve-'))
      .map((name) => join(jobs, name));
  }

  async close(): Promise<void> {
    for (const fleet of this.opened) await fleet.close().catch(() => {});
    for (const { pid, alive } of this.processes) if (alive) process.kill(pid, 'SIGKILL');
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits for something without a limit of its own: the test has one. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What a fleet tells. */
export function listener() {
  const urls: string[] = [];
  const failures: Error[] = [];
  return {
    urls,
    failures,
    added: (url: string): void => void urls.push(url),
    gone: (url: string): void => void urls.splice(urls.indexOf(url), 1),
    failed: (error: Error): void => void failures.push(error),
  };
}
