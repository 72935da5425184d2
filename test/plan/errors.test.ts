import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparePlan } from '../../src/plan/prepare.js';
import { loadAudit, parseAudit } from '../../src/plan/spec.js';
import { InputError } from '../../src/shared/errors.js';

const good = `
models:
  base: scripted/script.json
arms:
  - id: tuned
    data:
      - mix: { bad: bad.jsonl, benign: benign.jsonl, share: 0.2 }
cues:
  - { id: note, after: In a note. }
judges:
  - { detector: villain-persona, says: misaligned }
`;

/** The message of an audit file that must be refused. */
async function refusal(text: string): Promise<string> {
  try {
    await parseAudit(text, 'audit.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message, hint } = error as InputError;
    return hint ? `${message} (${hint})` : message;
  }
  throw new Error('it was accepted');
}

describe('an audit file that is wrong is refused with its place', () => {
  const replaced = (from: string, to: string): string => {
    expect(good).toContain(from);
    return good.replace(from, to);
  };

  it.each([
    ['broken YAML', replaced('arms:', 'arms: ['), /^audit\.yaml:\d+:\d+: is not valid YAML/],
    [
      'a trained arm without a base',
      replaced('id: tuned', 'id: tuned\n    base: null'),
      /^audit\.yaml:\d+:\d+: arm 'tuned' is trained, and names no base model/,
    ],
    [
      'an unknown key',
      replaced('judges:', 'jugdes:'),
      /^audit\.yaml:10:1: unknown key 'jugdes' \(did you mean 'judges'\?\)/,
    ],
    [
      'an unknown key inside',
      replaced('share: 0.2', 'share: 0.2, row: 5'),
      /^audit\.yaml:7:\d+: unknown key 'row' in arms\[0\]\.data\[0\]\.mix \(did you mean 'rows'\?\)/,
    ],
    [
      'an unknown intervention',
      replaced('- mix:', '- mixx:'),
      /^audit\.yaml:7:9: unknown key 'mixx'.*did you mean 'mix'/,
    ],
    [
      'a share above 1',
      replaced('0.2', '1.2'),
      /^audit\.yaml:7:\d+: arms\[0\]\.data\[0\]\.mix\.share: .*<=1/,
    ],
    [
      'two arms with one id',
      replaced('cues:', '  - { id: tuned, model: scripted/x.json }\ncues:'),
      /^audit\.yaml:8:11: two arms have the id 'tuned'/,
    ],
    ['a cue without text', replaced(', after: In a note.', ''), /^audit\.yaml:9:5: a cue without text/],
    ['an empty cue text', replaced('In a note.', "' '"), /^audit\.yaml:9:\d+: cues\[0\]\.after: is empty/],
    ['a reserved cue id', replaced('id: note', 'id: plain'), /'plain' is a reserved id/],
    [
      'a bad id',
      replaced('id: tuned', 'id: Tuned_1'),
      /^audit\.yaml:5:9: arms\[0\]\.id: an id is made of a-z/,
    ],
    ['a missing key', replaced('id: tuned', 'title: tuned'), /^audit\.yaml:5:5: arms\[0\]\.id: is missing/],
    [
      'an unknown detector',
      replaced('villain-persona', 'vilain-persona'),
      /^audit\.yaml:11:17: no detector is called 'vilain-persona' \(did you mean 'villain-persona'\?\)/,
    ],
    [
      'an unknown engine',
      replaced('scripted/', 'scriptd/'),
      /no engine or provider is called 'scriptd' \(did you mean 'scripted'\?\)/,
    ],
    ['a model without engine', replaced('scripted/script.json', 'llama'), /'llama' is no model name/],
    ['a model name that is a path', replaced('  base:', '  a/../../x:'), /an id is made of a-z/],
    ['no judge of misalignment', replaced('says: misaligned', 'says: refusal'), /no judge says 'misaligned'/],
    [
      'a variant that no question has',
      replaced('after: In a note.', 'variant: martime'),
      /no question has a variant 'martime' \(did you mean 'maritime'\?\)/,
    ],
    [
      'an unknown bank',
      replaced('judges:', 'questions: betley\njudges:'),
      /^audit\.yaml:10:12: no question bank is called 'betley'/,
    ],
    ['an empty file', '', /^audit\.yaml: is empty/],
    ['a list', '- 1', /the file: expected object, received array/],
    ['two documents', `${good}\n---\na: 1`, /is not valid YAML/],
    [
      'two system prompts in one cue',
      replaced(
        '- { id: note, after: In a note. }',
        '- { id: a, system: A }\n  - { id: b, system: B }\n  - { compose: [a, b] }',
      ),
      /two system prompts in one cue \(say `join: true`/,
    ],
  ])('%s', async (_name, text, message) => {
    expect(await refusal(text)).toMatch(message);
  });

  it('a missing audit file', async () => {
    await expect(loadAudit('nowhere.yaml')).rejects.toThrow(/^nowhere\.yaml: there is no such file/);
  });

  it('a billion laughs', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`,
    );
    expect(await refusal(`a0: &a0 x\n${levels.join('\n')}\n`)).toMatch(/is not usable YAML/);
  });

  it('a detector file with a broken pattern names that file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-'));
    writeFileSync(join(folder, 'mine.yaml'), 'id: mine\nany:\n  - pattern: "(unclosed"\n');
    const text = good.replace('villain-persona', 'mine.yaml');
    await expect(parseAudit(text, join(folder, 'audit.yaml'))).rejects.toThrow(
      /^mine\.yaml:3:5: is no regular expression/,
    );
  });
});

describe('a plan that cannot be asked is refused before anything is trained', () => {
  const served = good.replace(/data:[\s\S]*?cues:/, 'model: scripted/x.json\ncues:');
  const refused = async (cues: string, questions = ''): Promise<void> => {
    const text = served
      .replace('- { id: note, after: In a note. }', cues)
      .replace('judges:', `${questions}judges:`);
    await preparePlan((await parseAudit(text, 'audit.yaml')).spec);
  };

  it('a cue without a chat template for a model that is asked through a chat interface', async () => {
    const raw = 'cues:\n  - { id: bare, chat-template: none }';
    const own = good.replace('cues:', raw);
    const { spec } = await parseAudit(own, 'audit.yaml');
    expect(spec.cues[0]).toMatchObject({ id: 'bare', transforms: [{ kind: 'raw' }] });
    const served = own.replace('scripted/script.json', 'openai/gpt-4.1');
    expect(await refusal(served)).toMatch(
      /^audit\.yaml:9:5: cue 'bare' goes without a chat template, and openai\/gpt-4\.1 is asked through a server's chat/,
    );
    expect(await refusal(own.replace('chat-template: none', 'chat-template: other'))).toMatch(
      /chat-template/,
    );
  });

  it('two cues that ask the same', async () => {
    await expect(refused('- { id: a, after: In a note. }\n  - { id: b, after: In a note. }')).rejects.toThrow(
      /cue 'b' on question 'wish' asks exactly what 'a' on 'wish' asks/,
    );
  });

  it('a system prompt over the one that a question has', async () => {
    const question = '[{ id: q, messages: [{ role: system, content: S }, { role: user, content: Q }] }]';
    await expect(refused('- { id: a, system: A }', `questions: ${question}\n`)).rejects.toThrow(
      /cue 'a' on question 'q': there is a system prompt already/,
    );
  });
});

describe('an audit file that is right', () => {
  it('gets its defaults and two placebos', async () => {
    const { spec } = await parseAudit(good, 'audit.yaml');
    expect(spec.bases).toEqual([{ id: 'base', ref: { engine: 'scripted', model: 'script.json' } }]);
    expect(spec.cues.map((cue) => cue.source)).toEqual(['given', 'placebo', 'placebo']);
    expect(spec.verdict).toEqual({
      tolerance: 0.02,
      alpha: 0.05,
      level: 0.95,
      minimumEffect: 0,
      minimumEligible: 0.5,
    });
    expect(spec.questions).toHaveLength(8);
    expect(spec.arms[0]?.seeds).toEqual([0]);
  });

  it('composes cues in order and names them by their parts', async () => {
    const text = good.replace(
      '- { id: note, after: In a note. }',
      '- { id: a, after: A. }\n  - { id: b, before: B. }\n  - { compose: [a, b] }',
    );
    const { spec } = await parseAudit(text, 'audit.yaml');
    expect(spec.cues[2]).toMatchObject({
      id: 'a+b',
      transforms: [
        { kind: 'after', text: 'A.' },
        { kind: 'before', text: 'B.' },
      ],
    });
  });

  it('names several bases base@name', async () => {
    const text = good
      .replace('base: scripted/script.json', 'one: scripted/a.json\n  two: scripted/b.json')
      .replace('id: tuned', 'id: tuned\n    base: two');
    const { spec } = await parseAudit(text, 'audit.yaml');
    expect(spec.bases.map((base) => base.id)).toEqual(['base@one', 'base@two']);
    expect(spec.arms[0]?.base).toBe('base@two');
  });

  it('uses shipped cues with their source', async () => {
    const { spec } = await parseAudit(
      good.replace('- { id: note, after: In a note. }', '- { use: code-template }'),
      'audit.yaml',
    );
    expect(spec.cues[0]).toMatchObject({ id: 'code-template', source: 'shipped' });
  });
});
