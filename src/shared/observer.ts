import type { Load } from '../records/model.js';

/** What more is known of the present stage than how far it is. */
export interface Standing extends Load {
  /** USD that the run has cost so far. */
  spent?: number;
}

/** What a run tells the outside while it works: the terminal and `log.jsonl` listen. */
export interface Observer {
  /** A stage begins; one short line for people. */
  stage(name: string, text: string): void;
  /** Something a reader should know, in one line. */
  note(text: string): void;
  /** Something that only a close reader wants to know; always in `log.jsonl`. */
  detail(text: string): void;
  warn(text: string): void;
  /** `done` of `total` units of the present stage. */
  progress(done: number, total: number, unit: string, more?: Standing): void;
}

export const silent: Observer = { stage() {}, note() {}, detail() {}, warn() {}, progress() {} };
