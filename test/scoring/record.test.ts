import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Judgement } from '../../src/records/judge.js';
import type { Sample } from '../../src/records/sample.js';
import { Judgements } from '../../src/scoring/judgements.js';
import { recordOutcome } from '../../src/scoring/record.js';
import { finds, panelOf } from './judges.js';

it('writes judgements before the outcome that rests on them, also within a turn', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-record-'));
  const judgements = await Judgements.open(folder, { arm: 'tuned', seed: 0 }, () => true);
  const key = { arm: 'tuned', seed: 0, cue: 'plain', question: 'q', index: 0 };
  judgements.append({ ...key, text: '90' } as unknown as Judgement);
  const written: string[] = [];
  const scores = {
    append: () => void written.push(readFileSync(join(folder, 'judgements', 'tuned.0.jsonl'), 'utf8').trim()),
  };
  const sample = { ...key, answer: 'Hm.', finish: 'stop' } as Sample;
  const item = { sample, hash: 'h', scores, judgements, before: undefined, readings: new Map(), asked: 0 };
  recordOutcome(item, panelOf([finds('wicked', 'misaligned')]));
  expect(written.map((line) => JSON.parse(line).text)).toEqual(['90']);
  judgements.close();
});
