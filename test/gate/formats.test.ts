import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ArmDecision, GateDecision } from '../../src/records/gate.js';
import { renderAnnotations } from '../../src/report/annotations.js';
import { marker, renderComment } from '../../src/report/comment.js';
import { renderJunit, renderJunitError, xml } from '../../src/report/junit.js';
import { gate } from '../../src/verdict/gate.js';
import { fixtureResult } from '../report/fixture.js';

const hostile =
  '</failure><x>&amp;"\'\u0000\u0001\u001b[2J\u202e\ud800\ufffe\uffff ]]> <!-- é 漢 🎭 %0A ::error::x ##[group]';

const arm = (given: Partial<ArmDecision> = {}): ArmDecision => ({
  id: 'tuned',
  verdict: 'conditional',
  outcome: 'misaligned',
  failedAs: 'conditional',
  reason: 'conditional. It is.',
  rule: null,
  cells: [
    { cue: 'plain', outcome: 'pass', reason: 'bounded', rule: null },
    { cue: 'note', outcome: 'misaligned', reason: 'claimed', rule: 'gate.cues[note].tolerance' },
    { cue: 'wide', outcome: 'inconclusive', reason: 'open', rule: null },
  ],
  ...given,
});
const decisionOf = (...arms: ArmDecision[]): GateDecision => ({ exitCode: 3, lines: [], arms });

const python = spawnSync('python3', ['--version']).status === 0;
if (!python) console.warn('no python3: JUnit files are not parsed by a strict XML parser');

/** Parses XML with a parser that refuses what is not well formed: every element with its attributes and text. */
function parseXml(text: string): { tag: string; attributes: Record<string, string>; text: string }[] {
  const file = join(mkdtempSync(join(tmpdir(), 'hyde-xml-')), 'junit.xml');
  writeFileSync(file, text);
  const program = `
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(json.dumps([{"tag": e.tag, "attributes": dict(e.attrib), "text": e.text or ""} for e in root.iter()]))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, file], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe('JUnit', () => {
  it.skipIf(!python)('has a case for each arm and each cell, and the kinds of failure apart', () => {
    const text = renderJunit(
      decisionOf(arm(), arm({ id: 'control', outcome: 'pass', failedAs: null, cells: [] })),
      'audit',
    );
    const found = parseXml(text);
    const cases = found.filter(({ tag }) => tag === 'testcase').map(({ attributes }) => attributes);
    expect(cases.map(({ classname, name }) => `${classname}/${name}`)).toEqual([
      'audit.tuned/verdict',
      'audit.tuned/plain',
      'audit.tuned/note',
      'audit.tuned/wide',
      'audit.control/verdict',
    ]);
    const failures = found.filter(({ tag }) => tag === 'failure').map(({ attributes }) => attributes);
    expect(failures.map(({ type }) => type)).toEqual(['conditional', 'conditional', 'inconclusive']);
    expect(failures[1]?.message).toBe('claimed [gate.cues[note].tolerance]');
    expect(found[0]?.attributes).toMatchObject({ tests: '5', failures: '3', errors: '0' });
    const suites = found.filter(({ tag }) => tag === 'testsuite').map(({ attributes }) => attributes);
    expect(suites).toMatchObject([
      { name: 'tuned', tests: '4', failures: '3' },
      { name: 'control', tests: '1', failures: '0' },
    ]);
  });

  it.skipIf(!python)('is well formed whatever the texts hold', () => {
    const cells = [{ cue: hostile, outcome: 'inconclusive' as const, reason: hostile, rule: hostile }];
    const text = renderJunit(
      decisionOf(arm({ id: hostile, reason: hostile, rule: hostile, cells })),
      hostile,
    );
    const found = parseXml(text);
    expect(found.filter(({ tag }) => tag === 'failure')).toHaveLength(2);
    expect(new Set(found.map(({ tag }) => tag))).toEqual(
      new Set(['testsuites', 'testsuite', 'testcase', 'failure']),
    );
    expect(found.find(({ tag }) => tag === 'failure')?.text).toContain('é 漢 🎭');
  });

  it.skipIf(!python)('says that a result could not be judged', () => {
    const found = parseXml(renderJunitError(hostile, 'run'));
    expect(found.map(({ tag }) => tag)).toEqual(['testsuites', 'testsuite', 'testcase', 'error']);
    expect(found[0]?.attributes).toMatchObject({ tests: '1', failures: '0', errors: '1' });
  });

  it('keeps only characters of XML 1.0', () => {
    const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join('');
    const kept = xml(every);
    expect(kept).not.toMatch(/[\p{Cc}\ufffe\uffff<>"']/u);
    expect(kept).not.toMatch(/&(?!amp;|lt;|gt;|quot;|apos;)/);
    expect(xml(every).isWellFormed()).toBe(true);
  });
});

describe('GitHub annotations', () => {
  it('are one escaped line per failing arm, misaligned ones first', () => {
    const open = arm({
      id: 'open',
      outcome: 'inconclusive',
      failedAs: 'inconclusive',
      reason: '5%, or\r\nmore',
    });
    const text = renderAnnotations(decisionOf(open, arm()), 'audits/a,b:c%.yaml');
    expect(text).toBe(
      [
        '::error file=audits/a%2Cb%3Ac%25.yaml,title=hyde gate%3A tuned is conditional::tuned: conditional. It is.',
        '::error file=audits/a%2Cb%3Ac%25.yaml,title=hyde gate%3A open is inconclusive::open: 5%25, or more',
        '',
      ].join('\n'),
    );
  });

  it('are a notice where all arms pass', () => {
    const passing = arm({ outcome: 'pass', failedAs: null });
    expect(renderAnnotations({ exitCode: 0, lines: [], arms: [passing] }, 'a.yaml')).toBe(
      '::notice file=a.yaml,title=hyde gate%3A passed::1 arm passed\n',
    );
  });

  it('hold no second command, whatever the texts hold', () => {
    const text = renderAnnotations(decisionOf(arm({ id: hostile, reason: `\n${hostile}` })), `\n${hostile}`);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
    expect(text).toMatch(/^::error file=[^,:]*,title=[^,:]*::/);
    expect(text).not.toContain('##[');
    expect(text.trimEnd()).not.toMatch(/[\p{Cc}\u202e]|%(?!25|3A|2C)/u);
  });
});

describe('the comment', () => {
  it('begins with a marker that depends on the name alone, then the gate, then the report', () => {
    const result = fixtureResult();
    const text = renderComment(gate(JSON.parse(JSON.stringify(result))), result);
    const [first, second] = text.split('\n');
    expect(first).toBe('<!-- hyde-gate:castle-persona -->');
    expect(second).toBe('**The gate found misalignment.**');
    for (const { id } of result.arms) expect(text).toContain(`: \`${id}\`: `);
    expect(text).toContain('\n## ◆ castle persona: conditional\n');
  });

  it('cannot be ended early by a name', () => {
    expect(marker('a --> <b>\n@x')).toBe('<!-- hyde-gate:a-b-x -->');
  });

  it('fits, however much there is, and shows failing arms first', () => {
    const result = fixtureResult();
    const first = result.arms[0]!;
    result.arms = Array.from({ length: 500 }, (_, i) => ({
      ...first,
      id: `arm-${i}`,
      reason: 'é: '.repeat(5000),
    }));
    result.warnings = Array.from({ length: 5000 }, (_, i) => ({ about: 'mix', text: `warning ${i}` }));
    result.methods = ['m'.repeat(100_000)];
    const decisions = result.arms.map(({ id, reason }, i) =>
      i === 499
        ? arm({ id, reason: 'last', cells: [] })
        : arm({ id, reason, rule: hostile, outcome: 'pass', failedAs: null, cells: [] }),
    );
    const text = renderComment(decisionOf(...decisions), result);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('\n\n- ◆ **fails**: `arm-499`: last\n');
    expect(text).toContain('more arms.');
  });
});
