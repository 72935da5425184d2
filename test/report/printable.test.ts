import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableLine } from '../../src/shared/printable.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must be gone
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

describe('printable', () => {
  it.each([
    ['an ANSI colour', 'a\u001b[31mred\u001b[0m', 'a␛[31mred␛[0m'],
    ['a window title', '\u001b]0;gone\u0007', '␛]0;gone␇'],
    ['a C1 control sequence', '\u009b2J', '⟦U+009B⟧2J'],
    ['NUL and delete', '\u0000\u007f', '␀␡'],
    ['a carriage return that would overwrite the line', 'bad\rgood', 'bad␍good'],
    ['a bidi override', 'a\u202eb\u202c', 'a⟦U+202E⟧b⟦U+202C⟧'],
    ['bidi isolates', '\u2066a\u2069', '⟦U+2066⟧a⟦U+2069⟧'],
    ['text hidden in tags', 'a\u{e0041}', 'a⟦U+E0041⟧'],
    ['a zero width space', 'a\u200bb', 'a⟦U+200B⟧b'],
    ['a line separator', 'a\u2028b', 'a⟦U+2028⟧b'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
  ])('makes %s visible', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves newlines, tabs, emoji and other scripts as they are', () => {
    const text = 'a\n\tb  👩‍👩‍👧 नमस्ते שלום 日本';
    expect(printable(text)).toBe(text);
  });

  it('leaves nothing that a terminal acts on, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(ACTIVE);
        expect(printable(printable(text))).toBe(printable(text));
        expect(printableLine(text)).not.toMatch(/[\n\t]/);
      }),
    );
  });
});
