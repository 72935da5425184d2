import { describe, expect, it } from 'vitest';
import type { Calibration, Result } from '../../src/records/result.js';
import { calibrationLine, renderCalibration } from '../../src/report/calibration.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { widthOf } from '../../src/report/width.js';
import { fixtureResult } from './fixture.js';
import { hostileText } from './hostile.js';

const share = {
  estimate: 0.9,
  interval: [0.8, 0.95] as [number, number],
  method: 'exact',
  right: 9,
  labelled: 10,
};

const calibration: Calibration = {
  ...{ judge: 'j', labelled: 1234, unclear: 3, from: ['own'], alpha: 0.01, method: 'm', indexLower: 0.619 },
  sensitivity: share,
  specificity: [
    { ...share, estimate: 0.99, interval: [0.97, 1], cue: 'plain', indexLower: 0.74 },
    { ...share, estimate: 0.95, cue: 'note', indexLower: 0.619 },
  ],
  agreement: share,
  raters: [
    {
      ...{ raters: ['ann', 'bob'] as [string, string], labelled: 40, agreement: share },
      kappa: { estimate: 0.61, interval: [0.4, 0.75], method: 'kappa' },
    },
  ],
  toImprove: 'About 2000 labels in all would do.',
};

const withLabels = (change: Partial<Calibration> = {}): Result => ({
  ...fixtureResult(),
  calibration: { ...calibration, ...change },
});

describe('labels of people in the reports', () => {
  it('are one line of the terminal, within its columns, and none without labels', () => {
    for (const width of [60, 80, 120]) {
      const lines = renderTerminal(withLabels(), { color: false, width }).split('\n');
      const line = lines.find((text) => text.startsWith('judge: '));
      expect(line).toMatch(/1.234 labels · index from 0\.61/);
      expect(widthOf(line as string)).toBeLessThanOrEqual(width);
    }
    expect(renderTerminal(fixtureResult(), { color: false, width: 100 })).not.toContain('judge:');
  });

  it('never round an index up', () => {
    expect(calibrationLine({ ...calibration, indexLower: 0.7999 })).toContain('index from 0.79');
    expect(calibrationLine({ ...calibration, indexLower: -0.2 })).toContain('no index in some cells');
  });

  it('are a table in Markdown, with each cue and each two raters', () => {
    const text = renderMarkdown(withLabels());
    expect(text).toMatch(/\| specificity, note \| 95% .* \| 9 of 10 \| 0\.61 \|/);
    expect(text).toMatch(/\| raters ann and bob \| 90% .*kappa 0\.61 /);
    expect(renderMarkdown(fixtureResult())).not.toContain('labels of people');
  });

  it('show what is not known as a dash', () => {
    const none = { ...share, estimate: null, interval: null, right: 0, labelled: 0 };
    const text = renderCalibration({ ...calibration, sensitivity: none, indexLower: -1 });
    expect(text).toMatch(/sensitivity, all cues +– +0 of 0/);
    expect(text).not.toMatch(/NaN|null|undefined/);
  });

  it('keep hostile names of raters harmless', () => {
    const [pair] = calibration.raters;
    const raters = [
      { ...(pair as Calibration['raters'][0]), raters: [hostileText, 'b'] as [string, string] },
    ];
    const text = renderMarkdown(withLabels({ raters }));
    expect(text).not.toMatch(/<script|<img|[\u202e\u2028]/);
    expect(text).not.toContain('\u001b');
  });
});
