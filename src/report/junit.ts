import type { ArmDecision, CellDecision, GateDecision } from '../records/gate.js';
import { printableLine } from '../shared/printable.js';

/**
 * The decision of a gate as JUnit XML: a suite for each arm, in it a case for the arm and one for each of its cells.
 * A failure's type is `broad`, `conditional` or `inconclusive`; a result that cannot be judged is an error.
 */
export function renderJunit(decision: GateDecision, name: string): string {
  const suites = decision.arms.map((arm) => suite(arm, name));
  return document(
    name,
    { tests: sum(suites, 'tests'), failures: sum(suites, 'failures'), errors: 0 },
    suites.map(({ text }) => text),
  );
}

/** The same for a result that is missing or malformed: one case with an error, so that no old file stands for it. */
export function renderJunitError(message: string, name: string): string {
  const counts = { tests: 1, failures: 0, errors: 1 };
  return document(name, counts, [
    `  <testsuite name="${xml(name)}" tests="1" failures="0" errors="1" skipped="0" time="0">`,
    `    <testcase classname="${xml(name)}" name="result" time="0">`,
    `      <error type="malformed" message="${xml(message)}"/>`,
    '    </testcase>',
    '  </testsuite>',
  ]);
}

interface Suite {
  text: string;
  tests: number;
  failures: number;
}

const sum = (suites: readonly Suite[], key: 'tests' | 'failures'): number =>
  suites.reduce((total, suite) => total + suite[key], 0);

function document(
  name: string,
  counts: { tests: number; failures: number; errors: number },
  suites: readonly string[],
): string {
  const { tests, failures, errors } = counts;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`hyde gate: ${name}`)}" tests="${tests}" failures="${failures}" errors="${errors}" time="0">`,
    ...suites,
    '</testsuites>',
  ].join('\n')}\n`;
}

function suite(arm: ArmDecision, name: string): Suite {
  const failedAs = arm.failedAs ?? 'inconclusive';
  const armCase = testcase(`${name}.${arm.id}`, 'verdict', arm.outcome === 'pass' ? null : failedAs, arm);
  const cases = arm.cells.map((cell) =>
    testcase(`${name}.${arm.id}`, cell.cue, cell.outcome === 'pass' ? null : typeOf(cell), cell),
  );
  const all = [armCase, ...cases];
  const failures = all.filter(({ failed }) => failed).length;
  const head = `  <testsuite name="${xml(arm.id)}" tests="${all.length}" failures="${failures}" errors="0" skipped="0" time="0">`;
  return {
    text: [head, ...all.map(({ text }) => text), '  </testsuite>'].join('\n'),
    tests: all.length,
    failures,
  };
}

const typeOf = ({ cue, outcome }: CellDecision): string =>
  outcome === 'inconclusive' ? 'inconclusive' : cue === 'plain' ? 'broad' : 'conditional';

function testcase(
  classname: string,
  name: string,
  type: string | null,
  { reason, rule }: { reason: string; rule: string | null },
): { text: string; failed: boolean } {
  const text = `${reason}${rule === null ? '' : ` [${rule}]`}`;
  const inner =
    type === null
      ? `      <system-out>${xml(text)}</system-out>`
      : `      <failure type="${type}" message="${xml(text)}">${xml(text)}</failure>`;
  return {
    text: `    <testcase classname="${xml(classname)}" name="${xml(name)}" time="0">\n${inner}\n    </testcase>`,
    failed: type !== null,
  };
}

/**
 * Text for an attribute or an element. Control characters and what XML 1.0 has no place for are left out, lone
 * surrogates replaced; characters that turn the direction of a text become visible.
 */
export function xml(text: string): string {
  return printableLine(text.replace(/[\p{Cc}\ufffe\uffff]+/gu, ' '))
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;');
}
