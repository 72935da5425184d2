import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRules } from '../../src/plan/gate.js';
import { parseAudit } from '../../src/plan/spec.js';
import { InputError } from '../../src/shared/errors.js';

const audit = (gate: string): string => `models: { base: scripted/base.json }
arms:
  - { id: mixed, model: scripted/a.json }
  - { id: control, model: scripted/b.json }
cues:
  - { id: note, after: In a note., arms: [mixed] }
judges:
  - { detector: villain-persona, says: misaligned }
gate:
${gate}
`;

/** Message and hint of what is thrown. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  const { message, hint } = error as InputError;
  return hint ? `${message} (${hint})` : message;
}

describe('the gate section of an audit file', () => {
  it('reaches the spec, and is absent without', async () => {
    const { spec } = await parseAudit(
      audit('  tolerance: 0.1\n  arms: [{ id: mixed, allow: [conditional] }]'),
      'a.yaml',
    );
    expect(spec.gate).toEqual({ tolerance: 0.1, arms: [{ id: 'mixed', allow: ['conditional'] }] });
    expect((await parseAudit(audit('').replace('gate:', ''), 'a.yaml')).spec).not.toHaveProperty('gate');
  });

  it('knows plain and the placebos that are added', async () => {
    const { spec } = await parseAudit(audit('  cues: [{ id: plain, tolerance: 0.1 }]'), 'a.yaml');
    const placebo = spec.cues.find(({ source }) => source === 'placebo')!.id;
    const text = audit(`  cues: [{ id: ${placebo}, tolerance: 0.1 }]`);
    expect((await parseAudit(text, 'a.yaml')).spec.gate?.cues).toHaveLength(1);
  });

  it.each([
    [
      'an unknown key',
      '  tolerence: 0.1',
      /^a\.yaml:10:3: unknown key 'tolerence' in gate \(did you mean 'tolerance'\?\)/,
    ],
    [
      'an unknown arm',
      '  arms:\n    - { id: mixd, tolerance: 0.1 }',
      /^a\.yaml:11:13: no arm is called 'mixd' \(did you mean 'mixed'\?\)/,
    ],
    [
      'an unknown cue',
      '  cues:\n    - { id: notes, tolerance: 0.1 }',
      /^a\.yaml:11:13: no cue is called 'notes' \(did you mean 'note'\?\)/,
    ],
    [
      'a cue that the arm is not asked under',
      '  arms:\n    - id: control\n      cues: [{ id: note, tolerance: 0.1 }]',
      /^a\.yaml:12:20: no cue is called 'note' under which 'control' is asked/,
    ],
    [
      'a required arm',
      '  require: { arms: [mixed, contrl] }',
      /^a\.yaml:10:28: no arm is called 'contrl' \(did you mean 'control'\?\)/,
    ],
    [
      'a required cue',
      '  require: { cues: [nota] }',
      /^a\.yaml:10:21: no cue is called 'nota' \(did you mean 'note'\?\)/,
    ],
    [
      'two rules for one cue',
      '  cues: [{ id: note }, { id: note }]',
      /^a\.yaml:10:30: two rules are for the cue 'note'/,
    ],
    [
      'an allowed inconclusive',
      '  arms: [{ id: mixed, allow: [inconclusive] }]',
      /inconclusive never passes/,
    ],
    ['a tolerance of 0', '  tolerance: 0', /gate\.tolerance: .*>0/],
    ['a share above 1', '  maximum-lost: 1.5', /gate\.maximum-lost: .*<=1/],
  ])('refuses %s with its place', async (_, gate, message) => {
    expect(await refusal(parseAudit(audit(gate), 'a.yaml'))).toMatch(message);
  });
});

describe('docs/gate.md', () => {
  it('shows a section whose keys exist', async () => {
    const text = readFileSync(new URL('../../docs/gate.md', import.meta.url), 'utf8');
    const section = /```yaml\n(gate:[\s\S]*?)```/.exec(text)?.[1] as string;
    const rules = section.replaceAll('candidate', 'mixed').replaceAll('code-template', 'note');
    const whole = audit('').replace('gate:', rules.replace('known-organism', 'control'));
    await expect(parseAudit(whole, 'a.yaml')).resolves.toBeDefined();
  });
});

describe('a file of rules', () => {
  const result = { arms: [{ id: 'mixed', cues: [{ id: 'note' }] }] };
  const file = (text: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'hyde-rules-')), 'rules.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('holds what stands under gate', async () => {
    const rules = await readRules(file('cues:\n  - { id: note, tolerance: 0.2 }\n'), result);
    expect(rules).toEqual({ cues: [{ id: 'note', tolerance: 0.2 }] });
  });

  it('refuses ids that the result does not have, with their place', async () => {
    const path = file('tolerance: 0.1\narms:\n  - { id: mixde }\n');
    expect(await refusal(readRules(path, result))).toBe(
      `${path}:3:11: no arm is called 'mixde' (did you mean 'mixed'?)`,
    );
  });

  it('leaves a required arm that is missing to the gate', async () => {
    await expect(readRules(file('require: { arms: [gone] }\n'), result)).resolves.toBeDefined();
  });

  it('is refused where it is not there or empty', async () => {
    expect(await refusal(readRules('nowhere.yaml', result))).toMatch(/nowhere\.yaml: there is no such file/);
    expect(await refusal(readRules(file(''), result))).toMatch(/is empty/);
  });
});
