import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressText, terminalObserver } from '../../src/cli/progress.js';

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  const fake = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  return { written, stream: fake as unknown as NodeJS.WriteStream };
};

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1e12, toFake: ['performance', 'Date', 'setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('without a terminal is one line a minute', () => {
    const { written, stream: to } = stream(false);
    const observer = terminalObserver(false, { stream: to });
    observer.stage('sample', '10000 answers');
    for (let second = 0; second <= 180; second++) {
      observer.progress(second * 20, 10_000, 'answers', { inFlight: 40, spent: 0.5 + second / 100 });
      vi.advanceTimersByTime(1000);
    }
    expect(written).toEqual([
      'sample   10000 answers\n',
      'sample   1200 of 10000 answers, 20/s, 7 min left, 40 in flight, USD 1.10\n',
      'sample   2400 of 10000 answers, 20/s, 6 min left, 40 in flight, USD 1.70\n',
      'sample   3600 of 10000 answers, 20/s, 5 min left, 40 in flight, USD 2.30\n',
    ]);
  });

  it('in a terminal is one line that is written over, and is gone at the end', () => {
    const { written, stream: to } = stream(true);
    const observer = terminalObserver(false, { stream: to });
    observer.stage('sample', '4 answers');
    for (let done = 1; done <= 4; done++) {
      vi.advanceTimersByTime(200);
      observer.progress(done, 4, 'answers');
    }
    expect(written.filter((text) => text.startsWith('\r\u001b[2Ksample'))).toHaveLength(4);
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });

  it('leaves out what is not known, and says errors by their kind', () => {
    expect(progressText(1, 2, 'answers', { rate: null, left: null })).toBe('1 of 2 answers');
    expect(
      progressText(
        1,
        2,
        'answers',
        { rate: 0.25, left: 4 },
        { errors: { 429: 2, 'time\u001bout': 1, reset: 0 } },
      ),
    ).toBe('1 of 2 answers, 0.3/s, 4 s left, 3 errors (429: 2, time␛out: 1)');
    expect(
      progressText(1, 2, 'answers', { rate: null, left: null }, { errors: {}, inFlight: 0, spent: 0 }),
    ).toBe('1 of 2 answers');
  });
});
