import type { Journal } from './journal.js';
import type { Observer } from './observer.js';
import { Pace } from './pace.js';
import { printable } from './printable.js';
import { withoutSecrets } from './secrets.js';

const EVERY_MS = 60_000;

/**
 * An observer that also writes what happens to `log.jsonl`: stages, notes, warnings; progress once a minute. What a server or a
 * file has put into a text can neither act on a terminal that shows the log, nor bring a key into it.
 */
export function logged(observer: Observer, journal: Journal): Observer {
  let last = 0;
  const pace = new Pace();
  const write = (kind: string, fields: object): void =>
    journal.append({ kind, ...fields, meta: { at: new Date().toISOString() } });
  const safe = (text: string): string => printable(withoutSecrets(text));
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
