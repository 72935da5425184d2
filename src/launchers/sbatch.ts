/** How an array is submitted by `sbatch`, and what it says. */
import type { LaunchSpec } from '../records/launch.js';

/** There is no room now. */
const FULL =
  /limit|temporarily unable|sleeping and retrying|Resource temporarily unavailable|MaxJobCount|Slurm is busy|too many|slow down/i;
/** A limit that no waiting changes. The text of a full queue has the words `time limits`, too. */
const NEVER = /Requested time limit is invalid/i;
/** More tasks than `MaxArraySize` allows. */
const TOO_LONG = /Invalid job array specification/i;
const UNREACHABLE = /contact slurm controller|connect failure|Connection refused|Unable to establish/i;
const AMBIGUOUS = /timed out|Zero Bytes|Communication (connection )?failure/i;

/** `lost`: whether it was heard is not known. `away`: it was not. */
export type Answer = 'taken' | 'lost' | 'away' | 'full' | 'too long' | 'refused';

export function answerOf({ code, stderr }: { code: number; stderr: string }): Answer {
  if (code === 0) return 'taken';
  if (AMBIGUOUS.test(stderr)) return 'lost';
  if (UNREACHABLE.test(stderr)) return 'away';
  if (TOO_LONG.test(stderr)) return 'too long';
  return FULL.test(stderr) && !NEVER.test(stderr) ? 'full' : 'refused';
}

/** Milliseconds: where the controller has no room for more jobs at all, sbatch itself tries again for 120 s before it says so. */
export const SBATCH_MS = 240_000;

/**
 * @param atOnce tasks that may run at the same time
 * @param folder where the job's log goes, as the nodes see it
 */
export function sbatch(
  key: string,
  { tasks, atOnce, folder }: { tasks: number; atOnce: number; folder: string },
  { minutes, partition, account, gpus, cpus, options }: LaunchSpec,
): string[] {
  return [
    'sbatch',
    '--parsable',
    `--job-name=${key}`,
    `--array=0-${tasks - 1}${Number.isFinite(atOnce) ? `%${atOnce}` : ''}`,
    '--requeue',
    '--open-mode=append',
    `--output=${folder.replaceAll('%', '%%')}/${key}-%a.log`,
    `--chdir=${folder}`,
    ...(minutes === null ? [] : [`--time=${minutes}`]),
    ...(partition === null ? [] : [`--partition=${partition}`]),
    ...(account === null ? [] : [`--account=${account}`]),
    ...(gpus ? [`--gres=gpu:${gpus}`] : []),
    ...(cpus === null ? [] : [`--cpus-per-task=${cpus}`]),
    ...options,
  ];
}
