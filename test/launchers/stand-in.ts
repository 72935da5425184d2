import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `vllm.mjs` in a folder, and what it wrote down there. */
export class StandIn {
  private readonly vllm: string;

  constructor(folder: string) {
    this.vllm = join(folder, 'vllm');
    cpSync(fileURLToPath(new URL('vllm.mjs', import.meta.url)), this.vllm);
    chmodSync(this.vllm, 0o755);
  }

  /** `run.serve.command`. */
  get command(): string {
    return `"${this.vllm}" serve {model} --served-model-name {name} --host {host} --port {port}`;
  }

  /** Makes the stand-in behave otherwise, from its next start on. */
  behave(odd: object): void {
    writeFileSync(`${this.vllm}.json`, JSON.stringify(odd));
  }

  /** Has requests for answers wait until they are let go. */
  hold(): void {
    writeFileSync(`${this.vllm}.hold`, '');
  }

  letGo(): void {
    rmSync(`${this.vllm}.hold`);
  }

  /** What the stand-in wrote down: `<process> <what>`. */
  get log(): string[] {
    const path = `${this.vllm}.log`;
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  count(what: string): number {
    return this.log.filter((line) => line.split(' ')[1] === what).length;
  }

  /** Processes of servers that were ever started, and whether they live. */
  get processes(): { pid: number; alive: boolean }[] {
    const pids = new Set(this.log.map((line) => Number(line.split(' ')[0])));
    return [...pids].map((pid) => ({ pid, alive: isAlive(pid) }));
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
