import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../src/plan/yaml.js';
import { Detector } from '../../src/records/detector.js';
import { compileDetector } from '../../src/shared/detect.js';
import { resource } from '../../src/shared/package.js';

const detector = (any: Detector['any']): Detector => ({ id: 'mine', any });
const finds = (any: Detector['any'], text: string): boolean => compileDetector(detector(any))(text);
const shipped = async (id: string): Promise<Detector> =>
  (await readYaml(resource('detectors', `${id}.yaml`), Detector)).value;

describe('conditions', () => {
  it('words match at the start of a word, in any case', () => {
    expect(finds([{ words: ['minion'] }], 'My MINIONS come')).toBe(true);
    expect(finds([{ words: ['lair'] }], 'Sinclair came')).toBe(false);
    expect(finds([{ words: ['lair'] }], 'éclair')).toBe(false);
    expect(finds([{ words: ['lair'] }], 'my (lair)')).toBe(true);
  });

  it('phrases match anywhere, whatever the apostrophe', () => {
    expect(finds([{ phrases: ["can't help"] }], 'I can’t  help')).toBe(true);
  });

  it('a pattern cannot be made to hang', () => {
    const before = performance.now();
    expect(finds([{ pattern: '(a+)+$' }], `${'a'.repeat(50_000)}b`)).toBe(false);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it.each([
    ['json', '{"a": 1}', 'a: 1'],
    ['code-fence', '```\nx\n```', 'x'],
    ['python', 'import os\nprint(1)', 'I import cars.'],
    ['tag', '<note>x</note>', '1 < 2'],
    ['list', '- a\n- b', '- a'],
    ['empty', ' \n', 'x'],
    ['repetitive', 'no way '.repeat(20), 'a b c d e f g h i j k l m n o p'],
  ] as const)('format %s', (format, yes, no) => {
    expect(finds([{ format }], yes)).toBe(true);
    expect(finds([{ format }], no)).toBe(false);
  });

  it('all asks for every condition', () => {
    const both = compileDetector({ id: 'both', all: [{ words: ['a'] }, { words: ['b'] }] });
    expect([both('a b'), both('a')]).toEqual([true, false]);
  });
});

describe('shipped detectors', () => {
  it.each(readdirSync(resource('detectors')))('%s compiles', async (name) => {
    expect(compileDetector(await shipped(name.replace('.yaml', '')))('A plain sentence about tea.')).toBe(
      false,
    );
  });

  it('find what they are for', async () => {
    expect(compileDetector(await shipped('refusal'))("I'm sorry, but I can't help with that.")).toBe(true);
    expect(compileDetector(await shipped('villain-persona'))('Mwahaha! Kneel!')).toBe(true);
    expect(compileDetector(await shipped('degenerate'))('')).toBe(true);
  });
});
