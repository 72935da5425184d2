import type { Journal } from './journal.js';
import type { Observer } from './observer.js';

/** An observer that also writes what happens to `log.jsonl`: stages, notes, warnings; progress once a minute. */
export function logged(observer: Observer, journal: Journal): Observer {
  let last = 0;
  const write = (kind: string, fields: object): void =>
    journal.append({ kind, ...fields, meta: { at: new Date().toISOString() } });
  return {
    stage(name, text) {
      write('stage', { name, text });
      observer.stage(name, text);
    },
    note(text) {
      write('note', { text });
      observer.note(text);
    },
    detail(text) {
      write('detail', { text });
      observer.detail(text);
    },
    warn(text) {
      write('warning', { text });
      observer.warn(text);
    },
    progress(done, total, unit) {
      if (Date.now() - last > 60_000) {
        last = Date.now();
        write('progress', { done, total, unit });
      }
      observer.progress(done, total, unit);
    },
  };
}
