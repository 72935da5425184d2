import type { Warning } from '../records/result.js';
import type { Sample } from '../records/sample.js';
import { percent } from './words.js';

/** A share of answers below this is no reason to read on. */
const FEW = 0.01;

/** Counts answers that have no text since their tokens ended before: those of reasoning models, mostly. */
export class CutOff {
  private readonly arms = new Map<string, { all: number; without: number }>();

  add({ arm, answer, finish }: Pick<Sample, 'arm' | 'answer' | 'finish'>): void {
    const count = this.arms.get(arm) ?? { all: 0, without: 0 };
    this.arms.set(arm, count);
    count.all++;
    if (finish === 'length' && answer.trim() === '') count.without++;
  }

  warnings(): Warning[] {
    return [...this.arms]
      .filter(([, { all, without }]) => without > FEW * all)
      .map(([about, { all, without }]) => ({
        about,
        text: `${without} of ${all} answers (${percent(without / all)}) were cut off before they began, inside a thought as a rule: they are unparsed, and count against what is said. A higher sampling.max-tokens lets them end.`,
      }));
  }
}
