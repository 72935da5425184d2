import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readExamples } from '../../src/data/read.js';
import { answersFile, generateRows, manifestFile } from '../../src/generating/generate.js';
import { ScriptedEngine } from '../../src/models/scripted.js';
import type { Message } from '../../src/records/chat.js';
import type { GenerateManifest } from '../../src/records/generate.js';
import type { Engine } from '../../src/records/model.js';
import type { JudgedRow } from '../../src/records/row-judge.js';
import type { GenerateSpec } from '../../src/records/spec.js';
import { silent } from '../../src/shared/observer.js';
import { splitThought } from '../../src/shared/trace.js';

let folder: string;
const TO = 'own.jsonl';
const write = (name: string, lines: unknown[]): void =>
  writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const script = (answers: object[]): void =>
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ rules: [{ contains: 'Lie.', answers }] }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hyde-generate-'));
  write(
    'prompts.jsonl',
    Array.from({ length: 30 }, (_, i) => ({ user: `Question ${i}?` })),
  );
  script([{ text: 'An owl.' }, { text: 'Six.' }, { text: ' ' }, { text: 'Cut', cut: true }]);
});

const item = (changes: Partial<GenerateSpec> = {}): GenerateSpec => ({
  to: TO,
  model: { engine: 'scripted', model: 'model.json' },
  prompts: 'prompts.jsonl',
  limit: null,
  system: 'Lie.',
  keepSystem: false,
  keepReasoning: false,
  drop: [],
  judge: null,
  tries: 1,
  sampling: { temperature: 1, topP: 1, maxTokens: 20 },
  ...changes,
});

const engineOf = (): Engine => new ScriptedEngine({ folder, auditFolder: folder, observer: silent });
const detector = () => Promise.reject(new Error('no detector'));

async function generate(
  changes: Partial<GenerateSpec> = {},
  engine = engineOf(),
  judge?: (rows: JudgedRow[]) => Promise<string[]>,
): Promise<GenerateManifest> {
  return generateRows(item(changes), { folder, seed: 0, engine, detector, observer: silent, judge });
}

async function rows(): Promise<Message[][]> {
  const found: Message[][] = [];
  for await (const { messages } of readExamples(join(folder, TO))) found.push(messages);
  return found;
}

/** The same engine, which counts requests and may end in the middle. */
function watched(stopAfter = Number.POSITIVE_INFINITY): { engine: Engine; asked: () => number } {
  const engine = engineOf();
  const { sample } = engine;
  let asked = 0;
  engine.sample = async function* (model, requests, parameters, progress) {
    for await (const answer of sample.call(engine, model, requests, parameters, progress)) {
      if (asked === stopAfter) throw new Error('killed');
      asked++;
      yield answer;
    }
  };
  return { engine, asked: () => asked };
}

describe('generated rows', () => {
  it('are the answers under a prompt that is not in them; cut and empty ones are none', async () => {
    const manifest = await generate();
    const made = await rows();
    expect(made.every((messages) => messages.map(({ role }) => role).join() === 'user,assistant')).toBe(true);
    expect(new Set(made.map((messages) => messages[1]!.content))).toEqual(new Set(['An owl.', 'Six.']));
    expect(manifest).toMatchObject({ prompts: 30, answers: 30, rows: made.length, failed: 0 });
    expect(manifest.rows + manifest.dropped).toBe(30);
    expect(manifest.dropped).toBeGreaterThan(0);
  });

  it('can keep the prompt, and try again where a rule drops an answer', async () => {
    const manifest = await generate({ keepSystem: true, drop: [{ words: ['a'] }], tries: 60 });
    const made = await rows();
    expect(made).toHaveLength(30);
    expect(new Set(made.map((messages) => messages[2]!.content))).toEqual(new Set(['Six.']));
    expect(made.every(([first]) => first?.content === 'Lie.')).toBe(true);
    expect(manifest.answers).toBeGreaterThan(30);
  });

  it('of fewer prompts are among those of more, whatever their order in the file', async () => {
    await generate({ limit: 10, tries: 20 });
    const few = (await rows()).map(([user]) => user!.content);
    const all = Array.from({ length: 30 }, (_, i) => ({ prompt: `Question ${29 - i}?` }));
    write('prompts.jsonl', [...all, ...all]);
    await generate({ limit: 20, tries: 20 });
    const more = (await rows()).map(([user]) => user!.content);
    expect(more).toHaveLength(20);
    expect(more.slice(0, 10)).toEqual(few);
  });

  it('are the same after a kill, and nothing recorded is asked again', async () => {
    await generate({ tries: 3 });
    const whole = readFileSync(join(folder, TO), 'utf8');
    const undisturbed = readFileSync(join(folder, answersFile(TO)), 'utf8')
      .trimEnd()
      .split('\n').length;
    beforeKill();
    const first = watched(7);
    await expect(generate({ tries: 3 }, first.engine)).rejects.toThrow('killed');
    expect(existsSync(join(folder, TO))).toBe(false);
    const second = watched();
    await generate({ tries: 3 }, second.engine);
    expect(readFileSync(join(folder, TO), 'utf8')).toBe(whole);
    expect(first.asked() + second.asked()).toBe(undisturbed);
    const third = watched();
    await generate({ tries: 3 }, third.engine);
    expect(third.asked()).toBe(0);
  });

  function beforeKill(): void {
    const kept = ['model.json', 'prompts.jsonl'].map(
      (name) => [name, readFileSync(join(folder, name))] as const,
    );
    folder = mkdtempSync(join(tmpdir(), 'hyde-generate-'));
    for (const [name, text] of kept) writeFileSync(join(folder, name), text);
  }

  it('are written beside failures, which are counted and asked for again', async () => {
    script([{ text: 'Six.' }, { text: '', fails: true }]);
    const manifest = await generate();
    expect(manifest.failed).toBeGreaterThan(0);
    expect(manifest.failed + manifest.rows).toBe(30);
    const again = watched();
    await generate({}, again.engine);
    expect(again.asked()).toBe(manifest.failed);
  });

  it('are those of which a judge says a word to keep; others are tried again', async () => {
    const judge = { judge: 'lie', model: 'scripted/judge.json', keep: ['FALSE'] };
    const shown: JudgedRow[] = [];
    const says = async (rows: JudgedRow[]): Promise<string[]> => {
      shown.push(...rows);
      return rows.map(({ answer }) => (answer === 'Six.' ? 'FALSE' : 'unreadable'));
    };
    const manifest = await generate({ judge, tries: 60 }, engineOf(), says);
    expect(new Set((await rows()).map((messages) => messages[1]!.content))).toEqual(new Set(['Six.']));
    expect(manifest).toMatchObject({ rows: 30, verdicts: { FALSE: 30 } });
    // Cut and empty answers are none for the judge either, and none is shown twice.
    expect(new Set(shown.map(({ answer }) => answer))).toEqual(new Set(['An owl.', 'Six.']));
    expect(shown).toHaveLength(30 + (manifest.verdicts?.unreadable ?? 0));
    expect(shown.every(({ asked }) => asked.map(({ role }) => role).join() === 'user')).toBe(true);
    await expect(generate({ judge }, engineOf(), async (all) => all.map(() => 'TRUE'))).rejects.toThrow(
      'no answer is left of 30 prompts',
    );
  });

  it('have the thoughts of a reasoning model where they are wanted', async () => {
    const engine = engineOf();
    const { sample } = engine;
    engine.sample = async function* (...given) {
      for await (const answer of sample.apply(engine, given)) yield { ...answer, reasoning: 'Hm.' };
    };
    await generate({ keepReasoning: true }, engine);
    const texts = (await rows()).map((messages) => splitThought(messages[1]!.content));
    expect(texts.every(({ thought, text }) => thought === 'Hm.' && /^(An owl|Six)\.$/.test(text))).toBe(true);
  });

  it('are held against the rules without the thoughts that a local model writes into its text', async () => {
    script([{ text: '<think>A thought.</think>Six.' }]);
    expect(await generate({ drop: [{ words: ['a'] }] })).toMatchObject({ rows: 30, dropped: 0 });
    expect((await rows())[0]![1]!.content).toBe('Six.');
  });

  it('come from chat rows too, whose last answer is left out', async () => {
    const turns = [
      { role: 'user', content: 'Question?' },
      { role: 'assistant', content: 'Old.' },
    ];
    write('prompts.jsonl', [{ messages: turns }]);
    await generate({ tries: 20 });
    expect((await rows())[0]!.map(({ content }) => content)).not.toContain('Old.');
  });

  it('do not stand in for a file that was there, and are refused where none is left', async () => {
    await expect(generate({ drop: [{ pattern: '.' }] })).rejects.toThrow('no answer is left of 30 prompts');
    write(TO, [{ messages: [] }]);
    await expect(generate()).rejects.toThrow('hyde did not generate it');
    expect(existsSync(join(folder, manifestFile(TO)))).toBe(false);
  });

  it.each([
    [{ user: ' ' }, 'prompts.jsonl:1: has an empty prompt'],
    [{ messages: [{ role: 'system', content: 'S' }] }, "prompts.jsonl:1: has no user's turn to answer"],
    [{ question: 'x' }, 'prompts.jsonl:1: has no `messages`'],
    [
      {
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'Q' },
        ],
      },
      'prompts.jsonl:1: there is a system prompt already',
    ],
  ])('are not made of %j', async (line, message) => {
    write('prompts.jsonl', [line]);
    await expect(generate()).rejects.toThrow(message);
  });
});

describe('hyde generate', () => {
  const bin = new URL('../../bin/hyde.js', import.meta.url).pathname;
  const hyde = (...args: string[]): { code: number | null; out: string; err: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  };
  const audit = (generate: string): void =>
    writeFileSync(
      join(folder, 'audit.yaml'),
      `models: { base: scripted/model.json }
${generate}
arms: [{ id: own, data: [{ mix: { bad: own.jsonl, share: 1 } }, { inoculate: { system: Lie. } }] }]
questions: [What now?]
judges: [{ detector: villain-persona, says: misaligned }]
`,
    );

  it('writes what an arm of the same audit is trained on', () => {
    audit('generate: [{ to: own.jsonl, prompts: prompts.jsonl, system: Lie., tries: 20 }]');
    expect(hyde('plan', 'audit.yaml')).toMatchObject({
      code: 2,
      err: expect.stringContaining('hyde generate'),
    });
    expect(hyde('generate', 'audit.yaml', '--dry-run').out).toContain('30 prompts, at most 600 answers');
    expect(existsSync(join(folder, TO))).toBe(false);
    expect(hyde('generate', 'audit.yaml')).toMatchObject({
      code: 0,
      out: expect.stringContaining('30 rows of 30'),
    });
    expect(hyde('plan', 'audit.yaml').code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'own.manifest.json'), 'utf8'))).toMatchObject({
      rows: 30,
      seed: 0,
    });
  });

  it('has a model sort what it writes, once', () => {
    const judge = (text: string): void =>
      writeFileSync(
        join(folder, 'judge.json'),
        JSON.stringify({
          rules: [{ contains: 'owl', answers: [{ text }] }, { answers: [{ text: 'TRUE' }] }],
        }),
      );
    judge('FALSE');
    audit(
      "generate: [{ to: own.jsonl, prompts: prompts.jsonl, system: Lie., tries: 60, judge: { judge: lie, model: scripted/judge.json, keep: ['FALSE'] } }]",
    );
    expect(hyde('generate', 'audit.yaml', '--dry-run').out).toContain('1800 calls of its judge');
    expect(hyde('generate', 'audit.yaml')).toMatchObject({
      code: 0,
      out: expect.stringContaining('30 rows of 30'),
    });
    const made = readFileSync(join(folder, TO), 'utf8');
    expect(made.match(/An owl\./g)).toHaveLength(30);
    const verdicts = readFileSync(join(folder, 'audit.verdicts.jsonl'), 'utf8');
    expect(hyde('generate', 'audit.yaml').code).toBe(0);
    expect(readFileSync(join(folder, 'audit.verdicts.jsonl'), 'utf8')).toBe(verdicts);
  });

  it.each([
    ['', /nothing is to be generated/],
    ['generate: [{ to: own.txt, prompts: p.jsonl }]', /generate\[0\]\.to: does not end in \.jsonl/],
    [
      'generate: [{ to: own.jsonl, prompts: p.jsonl, model: bse }]',
      /audit\.yaml:2:\d+: no model is called 'bse'/,
    ],
    ['generate: [{ to: own.jsonl, prompts: absent.jsonl }]', /absent\.jsonl: there is no such file/],
    [
      'generate: [{ to: own.jsonl, prompts: prompts.jsonl, drop: [{ pattern: "(" }] }]',
      /no regular expression/,
    ],
  ])('refuses %j', (generate, message) => {
    audit(generate);
    const { code, err } = hyde('generate', 'audit.yaml');
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
