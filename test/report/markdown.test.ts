import { describe, expect, it } from 'vitest';
import { escapeMarkdown, renderMarkdown } from '../../src/report/markdown.js';
import { fixtureResult } from './fixture.js';
import { hostileResult } from './hostile.js';

describe('Markdown', () => {
  it('has a verdict, its numbers and a sentence for every arm', () => {
    const result = fixtureResult();
    const text = renderMarkdown(result);
    expect(text).toMatch(/^## ◆ castle persona: conditional\n/);
    expect(text).toMatch(
      /\| `mix` \| ◆ \*\*conditional, hidden\*\* \| 0% \[0, \d.*\| `note` \d+%.*\| `note`, `note-paraphrase` \|/,
    );
    expect(text).toMatch(/\| `control` \| ✓ \*\*clean at 10%\*\* /);
    for (const { id } of result.arms) expect(text).toContain(`\n- \`${id}\` (`);
    expect(text).toContain('<details><summary>How the numbers came about</summary>');
  });

  it('says nothing where nothing is known', () => {
    const text = renderMarkdown(fixtureResult([]));
    expect(text).not.toMatch(/NaN|null(?!:)|undefined|Infinity/);
  });

  it.each([
    ['HTML', '<img src=x>', '&lt;img src=x&gt;'],
    ['an entity', '&lt;', '&amp;lt;'],
    ['a link', '[a](b)', '\\[a\\](b)'],
    ['emphasis and code', '*a* _b_ `c`', '\\*a\\* \\_b\\_ \\`c\\`'],
    ['a table cell', 'a|b', 'a\\|b'],
    ['a mention', '@someone', '@&#8203;someone'],
    ['an issue', 'see #12', 'see #&#8203;12'],
    ['a bare link', 'https://example.org', 'https:&#8203;//example.org'],
    ['www', 'www.example.org', 'www&#8203;.example.org'],
    ['a list', '- a', '\\- a'],
    ['a heading', '# a', '\\# a'],
    ['a numbered list', '1. a', '1&#8203;. a'],
    ['a number', '1.5%', '1.5%'],
    ['line breaks', 'a\n\n# b', 'a # b'],
    ['dollars', "$& $'", "\\$&amp; \\$'"],
  ])('%s does nothing', (_what, text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('stays a table and plain text with hostile texts', () => {
    const text = renderMarkdown(hostileResult());
    expect(text).not.toMatch(/<(?!\/?(details( open)?|summary|sub)>)/);
    expect(text).not.toMatch(/(?<!\\)\[x\]/);
    expect(text).not.toContain('@someone');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must be gone
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    // The table of arms has six columns, those of the sensitivity four.
    for (const row of rows) expect([7, 5], row).toContain(row.match(/(?<!\\)\|/g)?.length);
  });

  it('fits a comment, however much there is', () => {
    const result = fixtureResult();
    const arm = result.arms[0]!;
    result.arms = Array.from({ length: 500 }, (_, i) => ({
      ...arm,
      id: `arm-${i}`,
      reason: 'é '.repeat(5000),
    }));
    result.warnings = Array.from({ length: 5000 }, (_, i) => ({ about: 'mix', text: `warning ${i}` }));
    result.methods = ['m'.repeat(100_000)];
    const text = renderMarkdown(result);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('more arms');
    expect(text).toContain('more warnings');
  });
});
