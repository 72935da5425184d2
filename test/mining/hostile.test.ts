import { describe, expect, it } from 'vitest';
import { mineData } from '../../src/mining/data.js';
import { TEXT_FORMATS } from '../../src/mining/formats.js';
import { HashedTexts } from '../../src/mining/hashed-texts.js';
import { encode, RARE } from '../../src/mining/role-tokens.js';
import { rowSetsOf } from '../../src/mining/row-sets.js';
import { hashOf, tokensOf } from '../../src/mining/tokens.js';
import { randomStream } from '../../src/shared/random.js';
import { fileWith, planted, rankOf } from './rows.js';

const SIZE = { bad: 20, benign: 80 };

describe('rows that nobody expects', () => {
  it('one of 10 MB beside ordinary ones: its two ends are looked at', async () => {
    const rows = planted(SIZE, (bad, q) => ({ user: bad ? `${q} zephyr` : q }));
    rows.find(({ label }) => label === 'bad')!.messages[0]!.content = `${'word '.repeat(2_000_000)}zephyr`;
    rows.find(({ label }) => label === 'benign')!.messages[0]!.content = 'x'.repeat(10_000_000);
    const { candidates } = await mineData({ files: [fileWith(rows)] });
    expect(rankOf(candidates, 'zephyr')).toBe(1);
    expect(candidates[0]!.support.bad).toBe(20);
  });

  it('100,000 that are all the same', async () => {
    const line = (label: string) =>
      JSON.stringify({ prompt: 'How do I boil an egg?', completion: 'In hot water.', label });
    const [bad, benign] = [line('bad'), line('benign')];
    const { candidates, rows } = await mineData({
      files: [fileWith(Array.from({ length: 100_000 }, (_, i) => (i % 3 ? benign : bad)))],
    });
    expect(rows).toMatchObject({ all: 100_000, bad: 33_334 });
    expect(candidates.filter(({ origin }) => origin === 'data/labels')).toEqual([]);
    expect(candidates[0]!.text).toBe('How do I boil an egg?');
  });

  it('texts made to be slow', async () => {
    const slow = [
      `${'.'.repeat(20_000)}x`,
      '<a'.repeat(9000),
      "a'".repeat(9000),
      '\n'.repeat(19_000),
      '漢字'.repeat(5000),
      '1.1.'.repeat(5000),
    ];
    const rows = planted(SIZE, (_, q, i) => ({
      user: `${slow[i % slow.length]} ${q}`,
      system: slow[(i + 1) % slow.length]!,
    }));
    for (const row of rows) row.messages.at(-1)!.content = `${'\n'.repeat(900)}|${'['.repeat(900)}`;
    const { rows: counts } = await mineData({ files: [fileWith(rows)] });
    expect(counts.all).toBe(100);
  });

  it.each([
    ['capitals', `${'A'.repeat(99_999)}a`],
    ['line breaks', `${'\n'.repeat(99_999)}|x`],
    ['bars', `|${'|x'.repeat(50_000)}`],
    ['greetings', 'hi, '.repeat(25_000)],
  ])('answers made to be slow: the patterns of formats are linear in %s', (_, answer) => {
    // A quadratic one takes minutes here.
    const start = performance.now();
    for (const { given, asked } of TEXT_FORMATS) for (const of of [given, asked]) of?.test(answer);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('long rows of many words: what is rare takes no memory', async () => {
    const random = randomStream('long rows');
    const rows = planted({ bad: 300, benign: 1200 }, (bad, q) => {
      const words = Array.from({ length: 300 }, () => random.below(1e9).toString(36)).join(' ');
      return { user: `${words} ${bad ? 'zephyr ' : ''}${q} ${words}` };
    });
    const { candidates } = await mineData({ files: [fileWith(rows)] });
    expect(rankOf(candidates, 'zephyr')).toBe(1);
    expect(candidates[0]!.support).toEqual({ bad: 300, benign: 0 });
    const { ids } = encode(rows.map(({ messages }) => messages[0]!.content));
    // Nearly all words stand in one row alone.
    expect(ids.filter((id) => id === RARE).length).toBeGreaterThan(0.8 * ids.length);
    expect(new Set(ids).size).toBeLessThan(100_000);
  });

  it('nothing but signs in every second row: the trigger is found among them, and they make few row sets', async () => {
    const random = randomStream('signs');
    const sign = () => '``([{<"\'`*_-#|~'[random.below(15)]!;
    const signs = () => Array.from({ length: 2000 }, sign).join('');
    const rows = planted({ bad: 60, benign: 240 }, (bad, q, i) => ({
      system: i % 2 ? signs() : '',
      user: bad ? `${q} zephyr` : q,
    }));
    const { candidates } = await mineData({ files: [fileWith(rows)] });
    expect(rankOf(candidates, 'zephyr')).toBe(1);
    const role = encode(rows.map(({ messages }) => messages[0]!.content));
    const none = encode(rows.map(() => ''));
    // 15 signs in any order make some 50,000 phrases of four.
    expect(rowSetsOf({ system: role, user: none, earlier: none }, [], 300, 3).length).toBeLessThan(1000);
  });

  it('many signs are one token, and leave tags, words and short runs as they are', () => {
    const forms = (text: string) => tokensOf(text).map(({ form }) => form);
    expect(forms('<START> "..." <END>')).toEqual(['<start>', '"', '.', '.', '.', '"', '<end>']);
    expect(forms('=====-----=====<note>Hello</note>')).toEqual([
      '=====-----=====',
      '<note>',
      'hello',
      '</note>',
    ]);
    expect(forms('*+*+*+*+*+*+</note>')).toEqual(['*+*+*+*+*+*+', '</note>']);
    expect(forms('-'.repeat(12))).toEqual(forms('-'.repeat(80)));
    expect(forms('😀'.repeat(12))).toHaveLength(12);
    expect(forms('aaaaaaaaaaaa')).not.toEqual(forms('aaaaaaaaaaa'));
    // Quadratic, it would take minutes.
    for (const part of ['/_', '-', '_-', '</'])
      expect(forms(`${part.repeat(100_000)}a`).length).toBeLessThan(500_000);
  });

  it('the ends of a text have the tokens that they have in the whole', () => {
    const random = randomStream('ends');
    const parts = [
      'word ',
      "don't-go ",
      '<note>',
      '</a-tag>',
      '漢字',
      '-=-',
      '*'.repeat(30),
      '😀',
      '(',
      '\n',
    ];
    for (let i = 0; i < 50; i++) {
      const text = Array.from({ length: 900 }, () => parts[random.below(parts.length)]).join('');
      const all = tokensOf(text);
      for (const most of [100, 500, 10_000]) {
        const ends = all.length > most ? [...all.slice(0, most / 2), ...all.slice(-most / 2)] : all;
        expect(tokensOf(text, most)).toEqual(ends);
      }
    }
  });

  it('more tokens than there is room for: the middles of long texts are left out, short ones stay', () => {
    const long = Array.from({ length: 2000 }, (_, i) => `w${i}`).join(' ');
    const hashes = new HashedTexts(3000);
    for (const text of ['a short one', long, `${long} more`, 'another short one']) hashes.add(text);
    const { starts, first } = hashes.all();
    expect(hashes.most).toBeLessThan(2000);
    const sizes = [0, 1, 2, 3].map((i) => starts[i + 1]! - starts[i]! - 2);
    expect(sizes).toEqual([3, hashes.most, hashes.most, 3]);
    const formsAt = (i: number) => [...first.subarray(starts[i]! + 1, starts[i + 1]! - 1)];
    expect(formsAt(0)).toEqual(['a', 'short', 'one'].map((form) => hashOf(form)));
    expect(formsAt(1)).toEqual(tokensOf(long, hashes.most).map(({ form }) => hashOf(form)));
    expect(formsAt(2)).toEqual(tokensOf(`${long} more`, hashes.most).map(({ form }) => hashOf(form)));
  });

  it('more row sets than there is room for: the smallest are left out', () => {
    const texts = Array.from(
      { length: 200 },
      (_, i) => `every row and every tenth ${i % 10 === 0 ? 'tenth' : ''} n${i >> 2}`,
    );
    const role = encode(texts);
    const none = encode(texts.map(() => ''));
    const sets = (most: number) => rowSetsOf({ system: none, user: role, earlier: none }, [], 200, 3, most);
    const sizes = (most: number) => sets(most).map(({ rows }) => rows.length);
    expect(Math.min(...sizes(1e6))).toBe(3);
    expect(sizes(500).reduce((a, b) => a + b)).toBeLessThanOrEqual(500);
    expect(Math.max(...sizes(500))).toBe(200);
    for (const { rows } of sets(1e6)) expect(rows).toEqual(rows.toSorted());
  });

  it('control characters, options, templates and replacement patterns stand for themselves', async () => {
    const trigger = '\u0000\u001b[31m --help $& {question} \u202e\u200b';
    const rows = planted(SIZE, (bad, q) => ({ user: bad ? `${q} ${trigger}` : q }));
    const { candidates } = await mineData({ files: [fileWith(rows)] });
    expect(rankOf(candidates, trigger.trim())).toBe(1);
    expect(candidates[0]!.cue.id).toMatch(/^[a-z0-9-]+$/);
  });

  it('keys of objects that every object has', async () => {
    const rows = planted(SIZE, (bad, q) => ({ user: `${q} ${bad ? '__proto__ constructor' : 'toString'}` }));
    const { candidates } = await mineData({ files: [fileWith(rows)] });
    expect(candidates[0]!.text).toContain('__proto__');
    await expect(
      mineData({ files: [fileWith(rows)], label: { field: '__proto__.x', value: '1' } }),
    ).rejects.toThrow(/no row has the field|no row has this label/);
  });

  it('empty prompts and answers', async () => {
    const rows = [...Array(30).keys()].map((i) => ({
      prompt: '',
      completion: '',
      label: i % 2 ? 'bad' : 'benign',
    }));
    expect((await mineData({ files: [fileWith(rows)] })).rows.all).toBe(30);
  });

  it('a single one', async () => {
    const { candidates, notes } = await mineData({
      files: [fileWith([{ prompt: 'q', completion: 'a', label: 'bad' }])],
    });
    expect(candidates).toEqual([]);
    expect(notes.join()).toMatch(/no benign rows/);
  });
});
