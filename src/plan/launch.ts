/** `run.launcher` of an audit file, and the keys beside it. */
import type { AuditFile, AuditRun } from '../records/audit.js';
import { LAUNCHERS, type LauncherName, type LaunchSpec } from '../records/launch.js';
import type { ArmSpec, BaseSpec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { checkLaunch } from './launch-checks.js';
import { minutesOf } from './minutes.js';
import { serveOf } from './serve.js';
import type { Located } from './yaml.js';

/** Which launchers each key is for. */
const KEYS = {
  parallel: LAUNCHERS,
  gpus: ['local', 'slurm', 'ray'],
  cpus: LAUNCHERS,
  time: ['local', 'slurm'],
  retries: LAUNCHERS,
  python: LAUNCHERS,
  setup: LAUNCHERS,
  partition: ['slurm'],
  account: ['slurm'],
  options: ['slurm'],
  host: ['slurm'],
  remote: ['slurm'],
  address: ['ray'],
  submit: ['command'],
  state: ['command'],
  cancel: ['command'],
  logs: ['command'],
  serve: LAUNCHERS,
} as const satisfies Partial<Record<keyof AuditRun, readonly LauncherName[]>>;

/** Jobs at once where neither the audit file nor the launcher knows better. */
const PARALLEL = { slurm: 16, ray: 16, command: 1 } as const;

/**
 * The launcher of an audit; nothing where it names none.
 *
 * @throws InputError for a key that the launcher has no use for, or one that it lacks
 */
export function launchOf(
  audit: Located<AuditFile>,
  bases: readonly BaseSpec[],
  arms: readonly ArmSpec[],
): { launch?: LaunchSpec } {
  const { run } = audit.value;
  const fail = (message: string, key: string, hint?: string): never => {
    throw new InputError(message, audit.place(['run', key]), hint);
  };
  const { launcher } = run;
  for (const [key, launchers] of Object.entries(KEYS) as [keyof typeof KEYS, readonly LauncherName[]][]) {
    if (run[key] === undefined) continue;
    if (launcher === undefined) fail(`run.${key} is for a launcher, and run.launcher names none`, key);
    else if (!launchers.includes(launcher)) {
      fail(`run.${key} means nothing to launcher ${launcher}`, key, `it is for ${launchers.join(', ')}`);
    }
  }
  if (launcher === undefined) return {};
  if (launcher === 'command' && run.submit === undefined) {
    fail('launcher command needs the command that starts a job', 'launcher', 'submit: srun sh -c {command}');
  }
  if ((run.host === undefined) !== (run.remote === undefined)) {
    const [there, missing] = run.host === undefined ? ['remote', 'host'] : ['host', 'remote'];
    fail(`run.${there} needs run.${missing} beside it`, there);
  }
  if (run.host !== undefined && run.python === undefined) {
    fail('run.host needs run.python: the Python with torch on that side', 'host');
  }
  checkLaunch(run, fail);
  if (run.host?.startsWith('-')) fail('run.host is no name of a host', 'host');
  if (run.remote !== undefined && !/^(~\/|\/)[\w./@+-]+$/.test(run.remote)) {
    fail('run.remote must be an absolute path, or one that begins with ~/, without spaces', 'remote');
  }
  const launch: LaunchSpec = {
    launcher,
    parallel: run.parallel ?? (launcher === 'local' ? null : PARALLEL[launcher]),
    gpus: run.gpus ?? (launcher === 'local' ? null : 0),
    cpus: run.cpus ?? null,
    minutes: run.time === undefined ? null : minutesOf(run.time, 'run.time', (text) => fail(text, 'time')),
    retries: run.retries ?? 2,
    python: run.python ?? null,
    setup: run.setup ?? [],
    partition: run.partition ?? null,
    account: run.account ?? null,
    options: run.options ?? [],
    host: run.host ?? null,
    remote: run.remote ?? null,
    address: run.address ?? null,
    submit: run.submit ?? null,
    state: run.state ?? null,
    cancel: run.cancel ?? null,
    logs: run.logs ?? null,
  };
  if (run.serve === undefined) return { launch };
  const failServe = (message: string, hint?: string): never => fail(message, 'serve', hint);
  return { launch: { ...launch, serve: serveOf(run.serve, launch, bases, arms, failServe) } };
}
