import { describe, expect, it } from 'vitest';
import { Engines } from '../../src/models/engine.js';
import type { Engine } from '../../src/records/model.js';
import { closeAll } from '../../src/shared/closing.js';

/** Engines that count how often they are opened and closed; the first `failing` cannot be opened. */
function counted(failing = 0) {
  const opened: string[] = [];
  const closed: string[] = [];
  const engines = new Engines(async (name) => {
    opened.push(name);
    if (opened.length <= failing) throw new Error('not now');
    return { name, close: async () => void closed.push(name) } as unknown as Engine;
  });
  return { engines, opened, closed };
}

describe('engines by name', () => {
  it('are opened once, also by two at the same time, and closed once, in order', async () => {
    const { engines, opened, closed } = counted();
    const [one, two] = await Promise.all([engines.open('a'), engines.open('a')]);
    expect(one).toBe(two);
    await engines.open('b');
    expect(await engines.open('a')).toBe(one);
    expect(opened).toEqual(['a', 'b']);
    await closeAll(false, ...engines.closers());
    expect(closed).toEqual(['a', 'b']);
  });

  it('can be opened where that failed before', async () => {
    const { engines, opened, closed } = counted(1);
    const both = await Promise.allSettled([engines.open('a'), engines.open('a')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(engines.closers()).toEqual([]);
    expect((await engines.open('a')).name).toBe('a');
    expect(opened).toEqual(['a', 'a']);
    await closeAll(false, ...engines.closers());
    expect(closed).toEqual(['a']);
  });
});
