import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/models/openai/breaker.js';
import { Limiter } from '../../../src/models/openai/limiter.js';

/**
 * A server of so many slots, each request 50 ms, that refuses above a number; the client keeps its window full.
 * Time moves in steps of one millisecond.
 */
function simulate(
  limiter: Limiter,
  requests: number,
  { slots, rejectAbove = Number.POSITIVE_INFINITY }: { slots: number; rejectAbove?: number },
): { milliseconds: number; refused: number; largest: number } {
  const waiting: number[] = [];
  const working: { sent: number; until: number }[] = [];
  let [done, refused, largest, now] = [0, 0, 0, 0];
  for (; done < requests; now++) {
    for (let i = working.length - 1; i >= 0; i--) {
      const job = working[i] as (typeof working)[number];
      if (job.until > now) continue;
      const inFlight = waiting.length + working.length;
      working.splice(i, 1);
      done++;
      limiter.succeeded(job.sent, now, inFlight * 2 >= limiter.limit);
    }
    while (working.length < slots && waiting.length > 0) {
      working.push({ sent: waiting.shift() as number, until: now + 50 });
    }
    // Refusals come within the same millisecond, and each would be followed by another request if the limiter let it.
    for (let tries = 0; tries < 1000; tries++) {
      const inFlight = waiting.length + working.length;
      if (inFlight >= limiter.limit || done + inFlight >= requests) break;
      if (inFlight >= rejectAbove) {
        refused++;
        limiter.refused(now, inFlight);
      } else if (working.length < slots) working.push({ sent: now, until: now + 50 });
      else waiting.push(now);
    }
    largest = Math.max(largest, waiting.length + working.length);
  }
  return { milliseconds: now, refused, largest };
}

describe('limiter', () => {
  it('wastes next to nothing at a server that refuses, and keeps its slots busy', () => {
    const { milliseconds, refused } = simulate(new Limiter(500), 6400, { slots: 64, rejectAbove: 128 });
    expect(refused).toBeLessThan(64);
    expect(milliseconds).toBeLessThan(1.15 * 5000);
  });

  it('sends nothing in place of what is refused, even far above what the server bears', () => {
    const { refused } = simulate(new Limiter(500, 400), 6400, { slots: 64, rejectAbove: 128 });
    expect(refused).toBeLessThan(64);
  });

  it('reaches the ceiling in a few round trips where the server bears it, and never passes it', () => {
    const { milliseconds, largest } = simulate(new Limiter(500), 5000, { slots: 10_000 });
    expect(largest).toBe(500);
    expect(milliseconds).toBeLessThan(500 + 6 * 50);
  });

  it('ends its slow start where more requests bring no more answers', () => {
    const { largest } = simulate(new Limiter(5000), 20_000, { slots: 64 });
    expect(largest).toBeLessThan(1000);
  });

  it('is cut once for the errors that one overload brings, and never below one', () => {
    const limiter = new Limiter(100);
    const before = limiter.limit;
    for (let i = 0; i < 50; i++) limiter.overloaded(1000 + i);
    expect(limiter.limit).toBe(Math.floor(before * 0.7));
    for (let i = 0; i < 50; i++) limiter.overloaded(2000 + i * 300);
    expect(limiter.limit).toBe(1);
  });
});

describe('breaker', () => {
  it('opens after failures in a row, lets a probe through after growing pauses, and closes by an answer', () => {
    const breaker = new Breaker(60_000, 3);
    for (const now of [0, 1]) breaker.failed(now);
    expect(breaker.open).toBe(false);
    breaker.failed(2);
    expect(breaker.open).toBe(true);
    const first = breaker.wait(2);
    expect(first).toBeGreaterThan(0);
    breaker.failed(3);
    expect(breaker.wait(2)).toBe(first);
    breaker.failed(2 + first);
    expect(breaker.wait(2 + first)).toBe(2 * first);
    breaker.succeeded();
    expect(breaker.open).toBe(false);
    expect(breaker.wait(0)).toBe(0);
  });

  it('is out of patience only without any answer for that long', () => {
    const breaker = new Breaker(1000, 3);
    breaker.failed(0);
    expect(breaker.exhausted(999)).toBe(false);
    breaker.succeeded();
    breaker.refused(1500);
    expect(breaker.exhausted(2000)).toBe(false);
    expect(breaker.exhausted(2500)).toBe(true);
  });
});
