import type { JobState } from '../records/launch.js';

/** What `squeue` or `sacct` says of one task of an array. */
export interface TaskState {
  /** Name of the array. */
  name: string;
  /** Id that Slurm gave the array; larger is later. */
  array: number;
  index: number;
  state: string;
  reason: string;
}

const RUNNING = /^(RUNNING|COMPLETING|STAGE_OUT|SIGNALING|RESIZING)/;
const WAITING =
  /^(PENDING|CONFIGURING|REQUEUED|REQUEUE_FED|REQUEUE_HOLD|RESV_DEL_HOLD|SPECIAL_EXIT|SUSPENDED|STOPPED)/;
/** Slurm holds a job that it could not start; nobody would release it. */
const HELD = /launch failed requeued held|JobHoldMaxRequeue/i;
/** A queue that does what queues do. */
const USUAL = /^(None|Priority|Resources|JobArrayTaskLimit|)$/;
const FAILURES: Record<string, string> = {
  TIMEOUT: 'it ran past its time limit',
  NODE_FAIL: 'its node failed',
  PREEMPTED: 'it was preempted',
  OUT_OF_MEMORY: 'it ran out of memory',
  DEADLINE: 'its deadline passed',
  BOOT_FAIL: 'its node did not boot',
  FAILED: 'it failed',
};

/** Lines of `squeue -h -r -o '%F|%K|%j|%T|%r'`. */
export function fromSqueue(text: string): TaskState[] {
  return text.split('\n').flatMap((line) => {
    const [array = '', index = '', name = '', state = '', reason = ''] = line.trim().split('|');
    if (!/^\d+$/.test(array) || !/^\d+$/.test(index)) return [];
    return [{ name, array: Number(array), index: Number(index), state, reason }];
  });
}

/** Lines of `sacct -X -n -P -o JobID,JobName,State`. Tasks that have not begun stand in ranges, and are left to `squeue`. */
export function fromSacct(text: string): TaskState[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', name = '', state = ''] = line.trim().split('|');
    const task = /^(\d+)_(\d+)$/.exec(id);
    return task ? [{ name, array: Number(task[1]), index: Number(task[2]), state, reason: '' }] : [];
  });
}

/** A task's state in the words of hyde. */
export function stateOf({ state, reason }: TaskState): JobState {
  const word = state.split(' ')[0] ?? '';
  if (RUNNING.test(word)) return { phase: 'running' };
  if (HELD.test(reason)) return { phase: 'failed', reason: 'Slurm could not start it' };
  if (WAITING.test(word)) return { phase: 'waiting', ...(USUAL.test(reason) ? {} : { reason }) };
  if (word === 'COMPLETED') return { phase: 'done' };
  if (word === 'CANCELLED') return { phase: 'failed', reason: 'it was cancelled', final: true };
  return { phase: 'failed', reason: FAILURES[word] ?? `Slurm says ${word.slice(0, 40)}` };
}
