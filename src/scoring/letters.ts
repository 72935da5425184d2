import { type Outcome, outcomeLetter } from '../records/outcome.js';
import { type AnswerKey, keyOf } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { FailedError } from '../shared/errors.js';

/** Answers of one ask, and where their letters stand. */
interface Slot {
  from: number;
  to: number;
  at: number;
}

/**
 * The outcome letters of a round, in the order of its asks: a byte an answer, since a round can have millions. An answer that is
 * asked for twice has one outcome.
 */
export class Letters {
  private readonly slots = new Map<string, Slot[]>();
  private readonly bytes: Buffer;

  /** @param text the letters of these asks, where they are known */
  constructor(
    private readonly asks: readonly Ask[],
    text?: string,
  ) {
    let at = 0;
    for (const ask of asks) {
      const { from, to } = ask;
      const slot = { from, to, at };
      const cell = cellOf(ask);
      const known = this.slots.get(cell);
      if (known) known.push(slot);
      else this.slots.set(cell, [slot]);
      at += to - from;
    }
    this.bytes = text === undefined ? Buffer.alloc(at) : Buffer.from(text, 'latin1');
  }

  /** The letters of these asks, put together from those of others; null where one is in none of them. */
  static together(asks: readonly Ask[], parts: readonly Letters[]): string | null {
    const all = new Letters(asks);
    let at = 0;
    for (const ask of asks) {
      const slots = parts.flatMap((part) => part.slotsOf(ask));
      for (let index = ask.from; index < ask.to; index++) {
        const slot = slots.find(({ from, to }) => from <= index && index < to);
        all.bytes[at++] = slot ? (slot.bytes[slot.at + index - slot.from] as number) : 0;
      }
    }
    return all.whole ? all.text() : null;
  }

  private slotsOf(ask: Ask): (Slot & { bytes: Buffer })[] {
    return (this.slots.get(cellOf(ask)) ?? []).map((slot) => ({ ...slot, bytes: this.bytes }));
  }

  /** Is this answer asked for? */
  has(key: AnswerKey): boolean {
    return this.slots.get(cellOf(key))?.some(({ from, to }) => from <= key.index && key.index < to) ?? false;
  }

  set(key: AnswerKey, outcome: Outcome): void {
    for (const { from, to, at } of this.slots.get(cellOf(key)) ?? []) {
      if (from <= key.index && key.index < to) {
        this.bytes[at + key.index - from] = outcomeLetter(outcome).charCodeAt(0);
      }
    }
  }

  /** Answers that are asked for. */
  get size(): number {
    return this.bytes.length;
  }

  /** Has every answer a letter? */
  get whole(): boolean {
    return !this.bytes.includes(0);
  }

  /** All letters. @throws FailedError where an answer has none */
  text(): string {
    const gap = this.bytes.indexOf(0);
    if (gap >= 0)
      throw new FailedError(
        `the answer ${this.keyAt(gap)} was not recorded`,
        '`hyde run` asks for what is missing',
      );
    return this.bytes.toString('latin1');
  }

  private keyAt(position: number): string {
    let left = position;
    for (const ask of this.asks) {
      const size = ask.to - ask.from;
      if (left < size) return keyOf({ ...ask, index: ask.from + left });
      left -= size;
    }
    throw new RangeError(`no answer at ${position}`);
  }
}

const cellOf = ({ arm, seed, cue, question }: Omit<AnswerKey, 'index'>): string =>
  `${arm}|${seed}|${cue}|${question}`;
