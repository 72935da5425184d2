import { describe, expect, it } from 'vitest';
import { ServedStates } from '../../src/verdict/served.js';

describe('what servers said that they are', () => {
  it('is a warning where one model, or one judge, was several', () => {
    const states = new ServedStates();
    const say = (arm: string, seed: number, served: unknown): void =>
      states.addAnswer({ arm, seed, meta: { served } });
    for (let i = 0; i < 3; i++) say('tuned', 0, { model: 'm', fingerprint: 'a' });
    say('tuned', 0, { model: 'm', fingerprint: 'b' });
    // Each training seed is a model of its own.
    say('base', 0, { model: 'one' });
    say('base', 1, { model: 'two' });
    for (const served of [{ model: 'j1' }, { model: 'j2' }, 'odd', null, { model: 7 }])
      states.addJudgement({ judge: 'alignment', model: 'lab/j', meta: { served } });
    expect(states.warnings()).toEqual([
      { about: 'alignment', text: expect.stringContaining('judgements by lab/j are not of one model') },
      { about: 'tuned', text: expect.stringContaining('3 from m (a), 1 from m (b)') },
    ]);
  });

  it('names few, however many a server claims to be, on one line', () => {
    const states = new ServedStates();
    for (let i = 0; i < 5000; i++)
      states.addAnswer({ arm: 'tuned', seed: 0, meta: { served: { model: `m\n${i}` } } });
    const [warning] = states.warnings();
    expect(warning?.text.length).toBeLessThan(400);
    expect(warning?.text).not.toContain('\n');
    expect(warning?.text).toMatch(/4000 from others.* from others/);
  });
});
