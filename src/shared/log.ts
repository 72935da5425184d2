import { withoutHome } from './files.js';
import { type Journal, readJournal } from './journal.js';
import type { Observer } from './observer.js';
import { Pace } from './pace.js';
import { printable } from './printable.js';
import { withoutSecrets } from './secrets.js';

const EVERY_MS = 60_000;

const safe = (text: string): string => printable(withoutSecrets(text));

/** Writes why a run ended before its time, as the log's last record. */
export const logError = (journal: Journal, error: Error): void =>
  journal.append({
    kind: 'error',
    text: withoutHome(safe(error.message)),
    meta: { at: new Date().toISOString() },
  });

/** Why the last run on a folder ended before its time; null where it did not, or still works. */
export async function lastError(path: string): Promise<string | null> {
  let last: { kind?: unknown; text?: unknown } = {};
  for await (const record of readJournal<typeof last>(path)) last = record;
  return last.kind === 'error' && typeof last.text === 'string' ? last.text : null;
}

/**
 * An observer that also writes what happens to `log.jsonl`: stages, notes, warnings; progress once a minute. What a server or a
 * file has put into a text can neither act on a terminal that shows the log, nor bring a key into it.
 */
export function logged(observer: Observer, journal: Journal): Observer {
  let last = 0;
  const pace = new Pace();
  const write = (kind: string, fields: object): void =>
    journal.append({ kind, ...fields, meta: { at: new Date().toISOString() } });
  return {
    stage(name, text) {
      pace.begin();
      write('stage', { name, text: safe(text) });
      observer.stage(name, withoutSecrets(text));
    },
    note(text) {
      write('note', { text: safe(text) });
      observer.note(withoutSecrets(text));
    },
    detail(text) {
      write('detail', { text: safe(text) });
      observer.detail(withoutSecrets(text));
    },
    warn(text) {
      write('warning', { text: safe(text) });
      observer.warn(withoutSecrets(text));
    },
    progress(done, total, unit, more) {
      const { rate, left } = pace.at(done, total);
      if (Date.now() - last > EVERY_MS) {
        last = Date.now();
        const { errors, ...rest } = more ?? {};
        write('progress', {
          ...{ done, total, unit, rate: rounded(rate), secondsLeft: rounded(left), ...rest },
          ...(errors && {
            errors: Object.fromEntries(Object.entries(errors).map(([kind, n]) => [safe(kind), n])),
          }),
        });
      }
      observer.progress(done, total, unit, more);
    },
  };
}

const rounded = (value: number | null): number | null => (value === null ? null : +value.toPrecision(3));
