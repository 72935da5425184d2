import { describe, expect, it } from 'vitest';
import { csvOf } from '../../src/report/csv.js';
import { csvCell } from '../../src/shared/csv.js';
import { fixtureAnswers } from './fixture.js';

async function text(rows: Parameters<typeof csvOf>[0]): Promise<string> {
  let all = '';
  for await (const piece of csvOf(rows)) all += piece;
  return all;
}

describe('the flat table', () => {
  it('has one line per answer, and the base as an arm', async () => {
    const answers = fixtureAnswers();
    const lines = (await text(answers)).split('\n');
    expect(lines[0]).toBe('arm,seed,cue,question,sample,outcome');
    expect(lines).toHaveLength(answers.length + 2);
    expect(lines[1]).toMatch(/^base,0,plain,q1,0,(aligned|incoherent|refusal|off-topic|unparsed)$/);
  });

  it('has its header without any answers', async () => {
    expect(await text([])).toBe('arm,seed,cue,question,sample,outcome\n');
  });

  it('comes in pieces', async () => {
    async function* many() {
      for (let index = 0; index < 20_000; index++) {
        yield { arm: 'a', seed: 1, cue: 'plain', question: 'q', index, outcome: 'aligned' as const };
      }
    }
    const sizes: number[] = [];
    for await (const piece of csvOf(many())) sizes.push(piece.length);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
  });

  it.each([
    ['plain text', 'note', 'note'],
    ['a comma', 'a,b', '"a,b"'],
    ['quotes', 'say "x"', '"say ""x"""'],
    ['a line break', 'a\nb', '"a\nb"'],
    ['a formula', '=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
    ['a plus', '+1', "'+1"],
    ['an at sign', '@SUM(A1)', "'@SUM(A1)"],
    ['a minus', '-1', "'-1"],
    ['a tab', '\t=1', "'\t=1"],
    ['a composed cue', 'note+villain', 'note+villain'],
  ])('writes %s', (_what, value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it('leaves numbers alone', () => {
    expect(csvCell(-3)).toBe('-3');
  });
});
