import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Journal } from '../../src/shared/journal.js';
import { logged } from '../../src/shared/log.js';
import { type Observer, silent } from '../../src/shared/observer.js';
import { withoutSecrets } from '../../src/shared/secrets.js';

const KEY = 'sk-very-secret-0123456789';

describe('log.jsonl', () => {
  const records: Record<string, unknown>[] = [];
  const journal = { append: (record: Record<string, unknown>) => records.push(record) } as unknown as Journal;
  const heard: string[] = [];
  const observer: Observer = {
    ...silent,
    note: (text) => heard.push(text),
    warn: (text) => heard.push(text),
  };

  beforeEach(() => {
    records.length = 0;
    heard.length = 0;
    vi.useFakeTimers({ now: 1e12 });
    vi.stubEnv('SERVER_API_KEY', KEY);
    vi.stubEnv('SHORT_TOKEN', 'none');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('holds progress once a minute, with speed, load, errors by kind and what was spent', () => {
    const log = logged(observer, journal);
    log.stage('sample', '1000 answers');
    const errors = { 429: 2, 'time\u001b[31mout': 1 };
    for (let second = 0; second <= 120; second++) {
      log.progress(second * 5, 1000, 'answers', { inFlight: 64, spent: 0.5, errors });
      vi.advanceTimersByTime(1000);
    }
    const progress = records.filter(({ kind }) => kind === 'progress');
    expect(progress).toHaveLength(2);
    expect(progress[1]).toMatchObject({
      ...{ done: 305, total: 1000, unit: 'answers', rate: 5, secondsLeft: 139 },
      ...{ inFlight: 64, spent: 0.5, errors: { 429: 2, 'time␛[31mout': 1 } },
    });
    expect(progress[0]).toMatchObject({ rate: null, secondsLeft: null });
  });

  it('holds no key and nothing that acts on a terminal, nor does what listens behind it hear a key', () => {
    const log = logged(observer, journal);
    log.note(`refused: Bearer ${KEY}\u001b]0;title\u0007\u202e`);
    log.warn(`${KEY} and ${KEY}; none`);
    log.stage('sample', KEY);
    log.detail(KEY);
    expect(JSON.stringify([records, heard])).not.toContain(KEY);
    expect(records[0]).toMatchObject({ text: 'refused: Bearer $SERVER_API_KEY␛]0;title␇⟦U+202E⟧' });
    expect(heard[1]).toBe('$SERVER_API_KEY and $SERVER_API_KEY; none');
  });

  it('leaves a text without keys as it is', () => {
    expect(withoutSecrets('a text about a key, a token and none')).toBe(
      'a text about a key, a token and none',
    );
  });
});
