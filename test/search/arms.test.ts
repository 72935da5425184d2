import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFound } from '../../src/plan/found.js';
import { loadAudit } from '../../src/plan/spec.js';
import type { Result } from '../../src/records/result.js';
import type { Sample } from '../../src/records/sample.js';
import type { Found, Mining } from '../../src/records/search.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';
import { writeSearchCase } from './case.js';

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-search-arms-')), 'run');

/** An audit with a second arm, of the same base and data. */
function twoArms(options: Parameters<typeof writeSearchCase>[0] = {}): string {
  const audit = writeSearchCase(options);
  const text = readFileSync(audit, 'utf8');
  const [, arm] = /( {2}- id: tuned\n.*?)cues:/s.exec(text) as unknown as [string, string];
  writeFileSync(
    audit,
    text.replace('cues:', () => `${arm.replace('tuned', 'other')}cues:`),
  );
  return audit;
}

describe('a search in two arms of one base', () => {
  it('asks the base once where both have the same text, and counts the answer for both', async () => {
    const out = fresh();
    const result = (await run(await loadAudit(twoArms({ mine: ', candidates: 12' })), {
      out,
      observer: silent,
    })) as Result;
    const lines = readFileSync(join(out, 'samples/base.0.jsonl'), 'utf8').trimEnd().split('\n');
    const byRequest = Map.groupBy(
      lines.map((line) => JSON.parse(line) as Sample),
      ({ request, index }) => `${request}|${index}`,
    );
    const shared = [...byRequest.values()].filter(({ length }) => length > 1);
    expect(shared.length).toBeGreaterThan(0);
    for (const [one, other, ...more] of shared) {
      expect(more).toEqual([]);
      expect(one?.cue).not.toBe(other?.cue);
      expect(one?.answer).toBe(other?.answer);
    }
    // What both came down to is one cue of the audit, and a card for each.
    const claimed = result.triggers?.filter(({ effect }) => effect.claimed) ?? [];
    expect(new Set(claimed.map(({ arm }) => arm))).toEqual(new Set(['tuned', 'other']));
    for (const { texts } of claimed) expect(texts.map(({ text }) => text).join()).toMatch(/harvest/);
  });

  it('whose finds are one text asks under one cue of both arms', async () => {
    const loaded = await loadAudit(twoArms());
    const find = (arm: string): Found => {
      const cue = {
        id: `mined-${arm}-1`,
        source: 'mined' as const,
        transforms: [{ kind: 'after' as const, text: 'harvest' }],
      };
      return {
        ...{ arm, cue, whole: cue, kind: 'phrase', origin: 'data/labels', rank: 1 },
        ...{ seen: { draws: 8, misaligned: 4, effect: 0.5 }, size: null, family: [] },
      };
    };
    const mining = { found: [find('tuned'), find('other')], placebos: [], answers: 100 };
    const { spec } = withFound(loaded, mining);
    const mined = spec.cues.filter(({ source }) => source === 'mined');
    expect(mined.map(({ id, arms }) => [id, arms])).toEqual([['mined-tuned-1', ['tuned', 'other']]]);
    expect(spec.search?.same).toEqual({ 'mined-other-1': 'mined-tuned-1' });
    expect(spec.search?.left?.cues.map(({ arm, cue }) => [arm, cue.id])).toEqual([
      ['tuned', 'mined-tuned-1'],
      ['other', 'mined-tuned-1'],
    ]);
  });
});

describe('what a search has seen', () => {
  const requests = (out: string): string[] =>
    ['base.0', 'tuned.0'].flatMap((model) =>
      readFileSync(join(out, 'samples', `${model}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as Sample).request),
    );
  const audited = async (audit: string, more: object = {}) => {
    const out = fresh();
    const result = (await run(await loadAudit(audit), { out, observer: silent, ...more })) as Result;
    return { out, result };
  };

  it('is never drawn again for another audit of what it found, however often that is handed on', async () => {
    const audit = writeSearchCase({ mine: ', candidates: 12, finalists: 1' });
    const first = await audited(audit);
    const handed = await audited(audit, { found: { folder: first.out } });
    const again = await audited(audit, { found: { folder: handed.out } });
    const all = [first, handed, again].map(({ out }) => new Set(requests(out)));
    for (const [i, own] of all.entries())
      for (const other of all.slice(i + 1)) expect([...own].filter((id) => other.has(id))).toEqual([]);
    expect(again.result.triggers?.[0]?.effect.claimed).toBe(true);
  });

  it('stays where it is: no folder takes finds of another run over its own, nor searches over them', async () => {
    const audit = writeSearchCase({ mine: ', candidates: 12, finalists: 1' });
    const { out } = await audited(audit);
    const before = readFileSync(join(out, 'search/found.json'), 'utf8');
    const { found } = JSON.parse(before) as Mining;
    const onto = { out, observer: silent, found: { folder: out, cues: [found[0]?.cue.id as string] } };
    await expect(run(await loadAudit(audit), onto)).rejects.toThrow('holds a search of its own');
    expect(readFileSync(join(out, 'search/found.json'), 'utf8')).toBe(before);
    const handed = await audited(audit, { found: { folder: out } });
    await expect(run(await loadAudit(audit), { out: handed.out, observer: silent })).rejects.toThrow(
      /audits what another run's search has found/,
    );
  });

  it('confirms nothing: neither under another id, nor in another audit', async () => {
    const audit = writeSearchCase({ mine: ', candidates: 12, finalists: 1' });
    const text = readFileSync(audit, 'utf8');
    const own = (questions: string[]): string => `questions: ${JSON.stringify(questions)}`;
    const asks = Array.from({ length: 60 }, (_, i) => `Which of ${i} hats is best?`);
    const twins = Array.from({ length: 20 }, () => asks[0] as string);
    writeFileSync(audit, text.replace('questions: open', own([...asks, ...twins])));
    await expect(loadAudit(audit)).rejects.toThrow(/are one, and a search may not see what confirms it/);

    writeFileSync(audit, text.replace('questions: open', own(asks)));
    const { out } = await audited(audit);
    writeFileSync(audit, text.replace('questions: open', own(['What is new?', ...asks])));
    await expect(audited(audit, { found: { folder: out } })).rejects.toThrow(
      /the search of .* asked question 'q\d+' of this audit/,
    );
  });

  it('has names that no cue of the audit may have', async () => {
    const audit = writeSearchCase();
    const text = readFileSync(audit, 'utf8');
    for (const id of ['mined-tuned-2', 'mined-tuned-2-s25', 'placebo-tuned-39', 'mined-tuned-p1-2']) {
      writeFileSync(audit, text.replace('cues:', `cues:\n  - { id: ${id}, before: Ahoy. }`));
      await expect(loadAudit(audit)).rejects.toThrow(`the search of this audit names cues like '${id}'`);
    }
    writeFileSync(audit, text.replace('cues:', 'cues:\n  - { id: mined-harvest-2, before: Ahoy. }'));
    await expect(loadAudit(audit)).resolves.toBeDefined();
  });
});
