import type { Observer, Standing } from '../shared/observer.js';
import { Pace } from '../shared/pace.js';
import { usd } from '../shared/prices.js';
import { printable, printableLine } from '../shared/printable.js';

const EVERY_MS = 100;
const EVERY_MS_PLAIN = 60_000;

/**
 * Progress on stderr: one line that is written over in a terminal, one line a minute elsewhere.
 * Rate and time left are those of the present stage, without what was done before it began.
 */
export function terminalObserver(
  quiet: boolean,
  { details = false, stream = process.stderr }: { details?: boolean; stream?: NodeJS.WriteStream } = {},
): Observer {
  const live = stream.isTTY === true && !quiet;
  const pace = new Pace();
  let open = false;
  let last = live ? Number.NEGATIVE_INFINITY : performance.now();
  let name = '';
  const clear = (): void => {
    if (open) stream.write('\r\u001b[2K');
    open = false;
  };
  const line = (text: string): void => {
    clear();
    if (!quiet) stream.write(`${printable(text)}\n`);
  };
  return {
    stage(stage, text) {
      name = stage;
      pace.begin();
      last = live ? Number.NEGATIVE_INFINITY : performance.now();
      line(`${stage.padEnd(8)} ${text}`);
    },
    note: (text) => line(`         ${text}`),
    detail(text) {
      if (details) line(`         ${text}`);
    },
    warn(text) {
      clear();
      stream.write(`warning: ${printable(text)}\n`);
    },
    progress(done, total, unit, more) {
      if (quiet) return;
      const now = performance.now();
      const speed = pace.at(done, total);
      if (done < total && now - last < (live ? EVERY_MS : EVERY_MS_PLAIN)) return;
      // Without a terminal a stage's first word is its name, and its end shows by the next one.
      if (!live && done === total) return;
      last = now;
      const text = `${name.padEnd(8)} ${progressText(done, total, unit, speed, more)}`;
      if (live) {
        stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
        open = true;
        if (done === total) clear();
      } else {
        stream.write(`${text}\n`);
      }
    },
  };
}

/** `120 of 480 answers, 12/s, 30 s left, 64 in flight, USD 0.12, 3 errors (429: 2, timeout: 1)` */
export function progressText(
  done: number,
  total: number,
  unit: string,
  { rate, left }: { rate: number | null; left: number | null },
  { inFlight, spent, errors = {} }: Standing = {},
): string {
  const parts = [`${done} of ${total} ${unit}`];
  if (rate !== null) parts.push(`${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`);
  if (left !== null) parts.push(`${duration(left)} left`);
  if (inFlight) parts.push(`${inFlight} in flight`);
  if (spent) parts.push(usd(spent));
  const kinds = Object.entries(errors).filter(([, count]) => count > 0);
  const failed = kinds.reduce((sum, [, count]) => sum + count, 0);
  if (failed > 0) {
    const named = kinds.map(([kind, count]) => `${printableLine(kind)}: ${count}`).join(', ');
    parts.push(`${failed} error${failed === 1 ? '' : 's'} (${named})`);
  }
  return parts.join(', ');
}

/** `45 s`, `3 min`, `2.5 h`: for people. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
