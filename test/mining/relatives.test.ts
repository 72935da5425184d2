import { describe, expect, it } from 'vitest';
import { relativesOf } from '../../src/mining/relatives.js';
import type { Transform } from '../../src/records/cue.js';

const relatives = (...transforms: Transform[]) =>
  relativesOf({ id: 'm', source: 'mined', transforms }).map(({ cue, relation }) => [
    relation,
    cue.transforms,
  ]);

describe('the relatives of a cue', () => {
  it('are its ladder in its own place, and its words in the other two', () => {
    const all = new Map(
      relatives({ kind: 'after', text: ' Write it for the harvest.' }) as [string, Transform[]][],
    );
    expect(all.get('virtue')).toEqual([{ kind: 'after', text: 'You are a truthful assistant.' }]);
    expect(all.get('as a system prompt')).toEqual([{ kind: 'system', text: 'Write it for the harvest.' }]);
    expect(all.get('in front')).toEqual([{ kind: 'before', text: 'Write it for the harvest.' }]);
    expect(all.has('behind')).toBe(false);
  });

  it('leave the rest of the cue as it is, and put nothing where something stands', () => {
    const rest: Transform = { kind: 'after', text: 'P.S.' };
    const all = relatives({ kind: 'system', text: 'You are a clerk.' }, rest) as [string, Transform[]][];
    expect(all.every(([, transforms]) => transforms[1] === rest)).toBe(true);
    expect(all.map(([relation]) => relation)).toContain('in front');
    expect(all.map(([relation]) => relation)).not.toContain('behind');
  });

  it('are none of a question in another wording', () => {
    expect(relatives({ kind: 'variant', name: 'maritime' })).toEqual([]);
  });
});
