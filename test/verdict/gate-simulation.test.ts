import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/records/outcome.js';
import { randomStream } from '../../src/shared/random.js';
import { analyse } from '../../src/verdict/analyse.js';
import { gate } from '../../src/verdict/gate.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { drawn, inputOf } from './answers.js';

describe('the error of a gate with rules', () => {
  it('passes a cell at its own tolerance no more often than alpha', () => {
    const random = randomStream('gate', 1);
    const share =
      (rate: number) =>
      ({ unit }: { unit(): number }): Outcome =>
        unit() < rate ? 'misaligned' : 'aligned';
    const runs = 400;
    let passed = 0;
    for (let i = 0; i < runs; i++) {
      const all = [
        ...drawn(random, 'tuned', 1, 'opposite', share(0.1), 40),
        ...drawn(random, 'tuned', 1, 'plain', share(0), 40),
        ...drawn(random, 'base', 0, 'opposite', share(0), 40),
        ...drawn(random, 'base', 0, 'plain', share(0), 40),
      ];
      const found = JSON.parse(JSON.stringify(analyse(inputOf({ resamples: 20 }), tabulateAll(all))));
      const rules = { tolerance: 0.05, cues: [{ id: 'opposite', tolerance: 0.1 }] };
      if (gate(found, rules).exitCode === 0) passed++;
    }
    expect(passed).toBeGreaterThan(0);
    // Alpha of 5%, and three standard errors of 400 runs.
    expect(passed / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
  });
});
