import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { servers } from '../../src/launchers/servers.js';
import type { LaunchSpec, ServerFleet, ServeSpec } from '../../src/records/launch.js';
import { listening, runFolder, script, spec } from './folder.js';
import { StandIn } from './stand-in.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const serveSpec: ServeSpec = {
  ...{ base: 'base', count: 1, bind: '127.0.0.1', port: null, patience: 5, adapters: 8, rank: 16 },
  ...{ gpus: null, cpus: null, minutes: null, partition: null, options: [], setup: [] },
  command: '',
};

/** A run folder with a stand-in for vLLM, and a Python that finds the worker. */
export class ServersCase {
  readonly folder = runFolder();
  private readonly standIn = new StandIn(this.folder);
  readonly python = script(
    join(this.folder, 'python'),
    `PYTHONPATH="${join(root, 'worker')}" exec python3 "$@"`,
  );
  readonly observer = listening();
  readonly opened: ServerFleet[] = [];

  get command(): string {
    return this.standIn.command;
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

  behave(odd: object): void {
    this.standIn.behave(odd);
  }

  get log(): string[] {
    return this.standIn.log;
  }

  get processes(): { pid: number; alive: boolean }[] {
    return this.standIn.processes;
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
