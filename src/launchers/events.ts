import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type HydeError, InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';

/** The end of a job's events is enough: a start, an error and the last progress are short lines. */
const TAIL = 1 << 16;

interface JobEvent {
  event?: unknown;
  [field: string]: unknown;
}

const eventsFile = (folder: string): string => join(folder, 'events.jsonl');

/** Bytes of the events that a job has written so far. */
export function eventsSize(folder: string): number {
  return withFile(eventsFile(folder), (file) => fstatSync(file).size) ?? 0;
}

/** What the worker itself said went wrong after the given byte of its events. `final`: another attempt cannot help. */
export function errorOf(
  folder: string,
  from: number,
): { reason: string; final: boolean; error?: HydeError } | undefined {
  const event = lastEvents(folder, from).findLast(({ event }) => event === 'error');
  if (!event) return undefined;
  const { kind, message, file, line, retryable } = event;
  const reason = withoutHome(typeof message === 'string' ? message : 'unknown error');
  if (retryable === true) return { reason, final: false };
  const place =
    typeof file === 'string'
      ? { file: withoutHome(file), line: typeof line === 'number' ? line : undefined }
      : undefined;
  return {
    reason,
    final: true,
    ...(kind === 'missing-package' ? {} : { error: new InputError(reason, place) }),
  };
}

/** Has the worker said anything after the given byte of its events? */
export const hasBegun = (folder: string, from: number): boolean => eventsSize(folder) > from;

/** How far a job says it is with its training, 0 to 1, after the given byte of its events; null before it says so. */
export function progressOf(folder: string, from: number): number | null {
  const event = lastEvents(folder, from).findLast((one) => one.event === 'progress' && one.phase === 'train');
  const share = Number(event?.done) / Number(event?.total);
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : null;
}

function lastEvents(folder: string, from: number): JobEvent[] {
  const text = withFile(eventsFile(folder), (file) => {
    const { size } = fstatSync(file);
    const start = Math.max(from, size - TAIL, 0);
    const block = Buffer.alloc(Math.max(0, size - start));
    return block.subarray(0, readSync(file, block, 0, block.length, start)).toString('utf8');
  });
  return (text ?? '').split('\n').flatMap((line) => {
    try {
      const event: unknown = JSON.parse(line);
      return event !== null && typeof event === 'object' ? [event as JobEvent] : [];
    } catch {
      return [];
    }
  });
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
