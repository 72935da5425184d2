/** `run.serve` of an audit file: servers that a launcher starts. */
import type { AuditServe } from '../records/audit.js';
import type { LauncherName, LaunchSpec, ServeSpec } from '../records/launch.js';
import type { ArmSpec, BaseSpec } from '../records/spec.js';
import { minutesOf } from './minutes.js';

/** Which launchers keys are for that not all have a use for. */
const KEYS = {
  gpus: ['local', 'slurm', 'ray'],
  time: ['local', 'slurm'],
  partition: ['slurm'],
  options: ['slurm'],
} as const satisfies Partial<Record<keyof AuditServe, readonly LauncherName[]>>;

const EMBEDDED = 'smollm2-135m-instruct';

/** What vLLM is started as; its own defaults of sampling are kept out. */
const VLLM =
  'vllm serve {model} --served-model-name {name} --host {host} --port {port} --enable-lora --max-loras {adapters} --max-lora-rank {rank} --generation-config vllm';

/** Ranks that vLLM has room for. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

/**
 * `run.serve` of an audit, settled.
 *
 * @param fail throws an InputError with the place of the key
 */
export function serveOf(
  serve: AuditServe,
  launch: LaunchSpec,
  bases: readonly BaseSpec[],
  arms: readonly ArmSpec[],
  fail: (message: string, hint?: string) => never,
): ServeSpec {
  const { launcher } = launch;
  for (const [key, launchers] of Object.entries(KEYS) as [keyof typeof KEYS, readonly LauncherName[]][]) {
    if (serve[key] === undefined || launchers.includes(launcher)) continue;
    fail(`run.serve.${key} means nothing to launcher ${launcher}`, `it is for ${launchers.join(', ')}`);
  }
  if (launch.host !== null) {
    fail(
      'run.serve needs a file system and a network in common with the nodes, and run.host says there are none',
    );
  }
  const local = bases.filter(({ ref }) => ref.engine === 'local');
  const [base] = local;
  if (!base || local.length > 1) {
    return fail(
      `run.serve serves one base of the engine 'local', and this audit has ${local.length || 'none'}`,
    );
  }
  if (serve.command === undefined && base.ref.model === EMBEDDED) {
    fail('the embedded model is not in a format that vLLM reads', 'name a model of the hub, or a folder');
  }
  const gpus = serve.gpus ?? (launcher === 'slurm' || launcher === 'ray' ? 1 : null);
  const command = [serve.command ?? VLLM, ...serve.arguments].join(' ');
  const isSpread = /-parallel-size|\{gpus\}/.test(command);
  if (gpus !== null && gpus > 1 && !isSpread && serve.command !== undefined) {
    fail(
      `run.serve.gpus is ${gpus}, and run.serve.command does not say how a model is spread over them`,
      'put --tensor-parallel-size {gpus} into it',
    );
  }
  const largest = Math.max(1, ...arms.map(({ training }) => training?.lora.rank ?? 1));
  return {
    base: base.ref.model,
    count: serve.count,
    command: gpus !== null && gpus > 1 && !isSpread ? `${command} --tensor-parallel-size {gpus}` : command,
    bind: serve.bind ?? (launcher === 'local' ? '127.0.0.1' : null),
    port: serve.port ?? null,
    patience: minutesOf(serve.patience, 'run.serve.patience', fail),
    adapters: serve.adapters,
    rank: RANKS.find((rank) => rank >= largest) ?? largest,
    gpus,
    cpus: serve.cpus ?? null,
    minutes: serve.time === undefined ? null : minutesOf(serve.time, 'run.serve.time', fail),
    partition: serve.partition ?? launch.partition,
    options: serve.options ?? launch.options,
    setup: serve.setup ?? launch.setup,
  };
}
