import { describe, expect, it } from 'vitest';
import { rateAxis, roomFor } from '../../src/report/figures/axis.js';
import { svgOf } from '../../src/report/figures/draw.js';
import { type Figure, figuresOf } from '../../src/report/figures/figure.js';
import { figuresSvg, markupOf } from '../../src/report/figures/file.js';
import { colourOf, dashOf } from '../../src/report/figures/shape.js';
import { figuresCsv } from '../../src/report/figures/table.js';
import { fixtureResult } from './fixture.js';
import { hostileResult } from './hostile.js';

const result = fixtureResult();
const swept = (values: Record<string, Record<string, string | number>>) =>
  Object.entries(values).map(([id, of]) => ({ id, swept: { item: 'sweep', values: of } }));
const doses = swept({
  posthoc: { 'mix.share': 0.5 },
  mix: { 'mix.share': 0 },
  inoculated: { 'mix.share': 0.1 },
});
const [byDose] = figuresOf(result, doses) as [Figure];
const [byCue] = figuresOf(result, []) as [Figure];

describe('the numbers of a figure', () => {
  it('stand in the order of the doses, controls behind them, with the rates of the result', () => {
    expect(byDose.arms.map(({ id, x }) => [id, x])).toEqual([
      ['mix', 0],
      ['inoculated', 0.1],
      ['posthoc', 0.5],
      ['control', null],
    ]);
    const arm = result.arms.find(({ id }) => id === 'posthoc');
    const [plain, clerk] = [arm?.plain, arm?.cues.find(({ id }) => id === 'clerk')];
    const cells = byDose.arms.find(({ id }) => id === 'posthoc')?.cells;
    expect(cells?.[0]).toMatchObject({ cue: 'plain', rate: plain?.rate, interval: plain?.interval });
    expect(cells?.find(({ cue }) => cue === 'clerk')).toMatchObject({
      rate: clerk?.rate,
      misaligned: clerk?.misaligned,
    });
    expect(cells?.[0]?.seeds.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  });

  it('have the untuned model under the same cues, and plain before trained cues before placebos', () => {
    expect(byDose.baseline.find(({ cue }) => cue === 'villain')?.rate).toBe(
      result.bases[0]?.cues.find(({ id }) => id === 'villain')?.rate,
    );
    const sources = byDose.cues.map(({ source }) => source);
    expect(sources[0]).toBe('plain');
    expect(sources.lastIndexOf('trained')).toBeLessThan(sources.indexOf('given'));
    expect(sources.at(-1)).toBe('placebo');
  });

  it('are one figure for each value of what else was changed', () => {
    const figures = figuresOf(
      result,
      swept({
        mix: { 'training.epochs': 1, 'posthoc.rows': 100 },
        posthoc: { 'training.epochs': 1, 'posthoc.rows': 10_000 },
        inoculated: { 'training.epochs': 2, 'posthoc.rows': 100 },
        control: { 'training.epochs': 2, 'posthoc.rows': 10_000 },
      }),
    );
    expect(figures.map(({ arms }) => arms.map(({ id }) => id))).toEqual([
      ['mix', 'posthoc'],
      ['inoculated', 'control'],
    ]);
    expect(figures[0]?.x).toMatchObject({ key: 'posthoc.rows', scale: 'log' });
  });

  it('have no dose where a sweep is over words, or over nothing', () => {
    const traces = swept({ mix: { 'reasoning.traces': 'keep' }, posthoc: { 'reasoning.traces': 'empty' } });
    expect(figuresOf(result, traces)).toEqual([byCue]);
    expect(byCue.x).toBeNull();
    expect(byCue.arms.map(({ id }) => id)).toEqual(['mix', 'posthoc', 'inoculated', 'control']);
  });

  it('are drawn on a linear axis where they are shares, and on a logarithmic one where lengths differ by far', () => {
    const scale = (key: string, values: number[]) =>
      figuresOf(
        result,
        swept(Object.fromEntries(values.map((v, i) => [result.arms[i]?.id as string, { [key]: v }]))),
      )[0]?.x?.scale;
    expect(scale('mix.share', [0.01, 0.5, 1])).toBe('linear');
    expect(scale('posthoc.rows', [100, 1000, 10_000])).toBe('log');
    expect(scale('posthoc.rows', [100, 200])).toBe('linear');
    expect(scale('training.learning-rate', [1e-5, 1e-4])).toBe('log');
    expect(scale('posthoc.rows', [0, 10_000])).toBe('linear');
  });
});

describe('the numbers as CSV', () => {
  it('have a line for each arm and cue, and one for each of its training seeds', () => {
    const [head, ...lines] = figuresCsv([byDose]).trimEnd().split('\n');
    expect(head).toBe('figure,x,arm,dose,cue,source,seed,rate,low,high,misaligned,eligible,samples');
    const seeds = lines.filter((line) => line.startsWith('1,mix.share,posthoc,0.5,clerk,trained,'));
    expect(seeds.map((line) => line.split(',')[6])).toEqual(['', '1', '2', '3']);
    const sum = (column: number, of: string[]) =>
      of.reduce((total, line) => total + Number(line.split(',')[column]), 0);
    expect(sum(10, seeds.slice(1))).toBe(sum(10, seeds.slice(0, 1)));
    expect(lines.filter((line) => line.startsWith('1,mix.share,base,,'))).toHaveLength(byDose.cues.length);
  });

  it('have an empty cell where a number is not known', () => {
    const lines = figuresCsv(figuresOf(fixtureResult([]), [])).split('\n');
    expect(lines).toContain('1,,control,,plain,plain,,,,,0,0,0');
  });
});

describe('the picture', () => {
  const texts = (svg: string): string[] =>
    [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text ?? '');

  it.each([320, 420, 1280])('has each dose, cue and control in words at %i pixels', (width) => {
    const svg = markupOf(svgOf(byDose, width));
    expect(texts(svg)).toEqual(expect.arrayContaining(['share of bad rows', '0%', '50%', 'control']));
    expect(texts(svg)).toEqual(expect.arrayContaining(['plain (no cue)', 'villain (trained)', 'placebos']));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows a rate of 0 as a sign on the line, in both kinds', () => {
    for (const figure of [byDose, byCue]) {
      const svg = markupOf(svgOf(figure, 760));
      const at =
        /<title>mix under plain: 0% [^<]*<\/title>(<line[^>]*><\/line>)?<path d="M[^"]+" transform="translate\(([\d.]+),([\d.]+)\)" class="s\d full"/.exec(
          svg,
        );
      expect(at).not.toBeNull();
    }
  });

  it('tells cues apart by sign and dash, and the few eligible by a hollow sign', () => {
    const svg = markupOf(svgOf(byDose, 760));
    const looks = [...svg.matchAll(/<path class="(s\d) line" d="[^"]*"( stroke-dasharray="([^"]*)")?/g)];
    expect(new Set(looks.map(([, , , dash]) => dash)).size).toBeGreaterThan(4);
    expect(svg).toMatch(/<title>inoculated under villain-paraphrase[^<]*<\/title>.*?class="s\d hollow"/);
  });

  it('tells more lines apart than there are signs', () => {
    const looks = Array.from({ length: 20 }, (_, i) => `${colourOf(i)} ${dashOf(i)}`);
    expect(new Set(looks).size).toBe(20);
  });

  it('says all its numbers to those who hear it', () => {
    const svg = markupOf(svgOf(byDose, 760));
    expect(svg).toMatch(/role="img" aria-label="Misaligned answers by share of bad rows"/);
    expect(svg).toMatch(/<desc>plain: base 0%, 0% 0%, 10% [\d.]+%, 50% [\d.]+%, control 0%\./);
  });

  it('is one file of all figures, light and dark, in which texts are texts', () => {
    const hostile = hostileResult();
    const svg = figuresSvg(hostile.name, figuresOf(hostile, doses));
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(svg).not.toMatch(/<(script|img|a|image|use|foreignObject)[\s>]|\son\w+="/);
    for (const character of ['\u0000', '\u001b', '\u202e']) expect(svg).not.toContain(character);
    expect(svg.match(/<svg/g)).toHaveLength(1);
  });

  it('stands without a single answer', () => {
    const none = fixtureResult([]);
    for (const figure of [...figuresOf(none, doses), ...figuresOf(none, [])]) {
      expect(markupOf(svgOf(figure, 420))).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('an axis', () => {
  it.each([
    [0, 0.02],
    [0.031, 0.04],
    [0.43, 0.5],
    [0.81, 1],
    [1, 1],
  ])('reaches %d', (most, end) => {
    const axis = rateAxis(most);
    expect(axis.end).toBeCloseTo(end, 9);
    expect(axis.ticks.length).toBeLessThanOrEqual(6);
    expect(axis.ticks.at(-1)).toBeCloseTo(end, 9);
  });

  it('leaves out labels that would run into others, and never the first and the last', () => {
    const labels = [0, 4, 30, 95, 100].map((at) => ({ at, width: 20 }));
    expect(roomFor(labels).map(({ at }) => at)).toEqual([0, 30, 100]);
  });
});
