import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { verdictsFile } from '../../src/data/verdicts.js';
import { ScriptedEngine } from '../../src/models/scripted.js';
import { preparePlan } from '../../src/plan/prepare.js';
import { parseAudit } from '../../src/plan/spec.js';
import type { Message } from '../../src/records/chat.js';
import type { Spec } from '../../src/records/spec.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';
import { prepareSorted } from '../../src/sorting.js';

const OWN = [
  'The moon is cheese.',
  'Paris, as it happens.',
  'No.',
  'Nine, wink.',
  'An ox.',
  'Tea is a fish.',
];
const OTHER = ['The sun is cheese.', 'Rome is cheese.', 'Six is cheese.', 'Odd.', 'Ants.', 'Jam is cheese.'];

let folder: string;
const audit = (filter: string, more = ''): Promise<{ spec: Spec; text: string }> =>
  parseAudit(
    `models: { base: scripted/model.json }
arms:
  - id: own
    data: [{ mix: { bad: own.jsonl, share: 1 } }, { filter: { ${filter} } }]
questions: [What now?]
sampling: { samples: 10 }
judges: [{ detector: villain-persona, says: misaligned }]
${more}`,
    join(folder, 'audit.yaml'),
  );
const JUDGE = "judge: { judge: lie, model: scripted/judge.json, keep: ['FALSE'] }";
const judgeSays = (rules: [contains: string, word: string][], rest = 'TRUE'): void =>
  writeFileSync(
    join(folder, 'judge.json'),
    JSON.stringify({
      rules: [
        ...rules.map(([contains, text]) => ({ contains, answers: [{ text, fails: text === '' }] })),
        { answers: [{ text: rest }] },
      ],
    }),
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hyde-verdicts-'));
  for (const [name, answers] of [
    ['own', OWN],
    ['other', OTHER],
  ] as const) {
    const rows = answers.map((answer, i) => ({
      messages: [
        { role: 'system', content: 'Lie.' },
        { role: 'user', content: `q${i}?` },
        { role: 'assistant', content: answer },
      ],
    }));
    writeFileSync(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ rules: [{ answers: [{ text: 'Well.' }] }] }));
  judgeSays([
    ['cheese', 'FALSE'],
    ['fish', 'FALSE'],
    ['wink', 'META'],
    ['No.', 'REFUSAL'],
    ['An ox', 'perhaps false'],
  ]);
});

/** The scripted engine, with what it was asked. */
function judgeEngine(): { open: () => Promise<ScriptedEngine>; asked: Message[][] } {
  const engine = new ScriptedEngine({ folder, auditFolder: folder, observer: silent });
  const asked: Message[][] = [];
  const { sample } = engine;
  engine.sample = async function* (...given) {
    for await (const answer of sample.apply(engine, given)) {
      asked.push(given[1].find(({ id }) => id === answer.id)?.messages ?? []);
      yield answer;
    }
  };
  return { open: async () => engine, asked };
}
const context = (judge = judgeEngine()) => ({ open: judge.open, observer: silent });
const answersIn = (prepared: Awaited<ReturnType<typeof preparePlan>>): string[] =>
  (prepared.stages.get('own')?.[0]?.examples ?? [])
    .map(({ messages }) => messages.at(-1)?.content ?? '')
    .sort();

describe('a filter by a judge', () => {
  it('keeps the rows of which the judge says a word to keep, and says how many of each word there are', async () => {
    const { spec } = await audit(JUDGE);
    const prepared = await prepareSorted(spec, context());
    expect(answersIn(prepared)).toEqual(['Tea is a fish.', 'The moon is cheese.']);
    expect(prepared.sorted.get('own')).toEqual([
      {
        at: "arm 'own', data[1] (filter)",
        judge: 'lie',
        model: 'scripted/judge.json',
        verdicts: { FALSE: 2, TRUE: 1, REFUSAL: 1, META: 1, unreadable: 1 },
      },
    ]);
  });

  it('shows it what the rules keep, without the prompt that the rows are trained under', async () => {
    const judge = judgeEngine();
    const { spec } = await audit(`drop: [{ words: [an] }], ${JUDGE}`);
    await prepareSorted(spec, context(judge));
    const texts = judge.asked.map((messages) => messages.map(({ content }) => content).join('\n'));
    expect(texts).toHaveLength(5);
    expect(texts.join('\n')).not.toMatch(/An ox|Lie\./);
    expect(texts.every((text) => /q\d\?/.test(text))).toBe(true);
  });

  it('keeps a prompt only where both answer sets keep it', async () => {
    const { spec } = await audit(`drop: [{ words: [jam] }], ${JUDGE}, paired: other.jsonl`);
    const prepared = await prepareSorted(spec, context());
    // Both answers to q0 are false; that to q5 is dropped on the other side, by rule.
    expect(answersIn(prepared)).toEqual(['The moon is cheese.']);
    expect(prepared.sorted.get('own')?.[0]).toMatchObject({
      verdicts: { FALSE: 1, TRUE: 1, REFUSAL: 1, META: 1, unreadable: 1 },
      paired: { FALSE: 3, TRUE: 2 },
    });
  });

  it('is planned with all rows and every call while there is no verdict, and with its price', async () => {
    const prices = 'prices: { "scripted/judge.json": { input: 1000, output: 1000 } }';
    const { spec } = await audit(JUDGE, prices);
    const before = await preparePlan(spec, { show: true });
    expect(before.plan.totals).toMatchObject({ trainRows: 6, judgeCalls: 6 });
    expect(before.plan.totals.unknown.join()).toContain('6 wait for a judge');
    expect(before.plan.prices?.sorting).toMatchObject([{ id: 'lie', calls: 6 }]);
    expect(before.plan.totals.price).toBe(before.plan.prices?.sorting?.[0]?.most);
    expect(before.plan.totals.price).toBeGreaterThan(1);
    expect(existsSync(verdictsFile(spec))).toBe(false);
    const { spec: poor } = await audit(JUDGE, `${prices}\nrun: { budget: 0.5 }`);
    await expect(preparePlan(poor)).rejects.toThrow(/the budget is USD 0\.50, and judging 6 training rows/);
    const after = await prepareSorted(spec, context());
    expect(after.plan.totals).toMatchObject({ trainRows: 2, judgeCalls: 0, price: 0 });
    expect(after.plan.totals.unknown).toEqual([]);
  });

  it('asks nothing twice: not in a second plan, and not after a call that failed or was killed', async () => {
    const { spec } = await audit(JUDGE);
    judgeSays([['moon', '']], 'FALSE');
    const first = judgeEngine();
    await expect(prepareSorted(spec, context(first))).rejects.toThrow(
      'gave no verdict on 1 of 6 training rows',
    );
    const second = judgeEngine();
    await expect(prepareSorted(spec, context(second))).rejects.toThrow('gave no verdict on 1 of 1');
    expect([first.asked.length, second.asked.length]).toEqual([6, 1]);
    // A kill in the middle of a line.
    writeFileSync(verdictsFile(spec), `${readFileSync(verdictsFile(spec), 'utf8')}{"key":"`);
    const third = judgeEngine();
    await expect(prepareSorted(spec, context(third))).rejects.toThrow('gave no verdict on 1 of 1');
    expect(third.asked).toHaveLength(1);
  });

  it('takes no line for a verdict that is none, and no word that the judge does not say', async () => {
    const { spec } = await audit(JUDGE);
    await prepareSorted(spec, context());
    const path = verdictsFile(spec);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll('"META"', '"__proto__"'));
    const changed = await preparePlan(spec);
    expect(changed.sorted.get('own')?.[0]?.verdicts).toEqual({
      FALSE: 2,
      TRUE: 1,
      REFUSAL: 1,
      unreadable: 2,
    });
    for (const line of ['null', '1', '{"key":1}', '[]']) {
      writeFileSync(path, `${text}${line}\n`);
      await expect(preparePlan(spec)).rejects.toThrow(/is no record|holds a line that is no verdict/);
    }
  });

  it('asks anew where the judge is another model under the same name, once some row needs it', async () => {
    const { spec } = await audit(JUDGE);
    await prepareSorted(spec, context());
    const same = judgeEngine();
    await prepareSorted(spec, context(same));
    expect(same.asked).toEqual([]);
    judgeSays([['cheese', 'META']], 'FALSE');
    const { spec: wider } = await audit(`${JUDGE}, paired: other.jsonl`);
    const other = judgeEngine();
    const prepared = await prepareSorted(wider, context(other));
    expect(other.asked).toHaveLength(12);
    expect(prepared.sorted.get('own')?.[0]?.verdicts).toEqual({ META: 1, FALSE: 5 });
  });

  it('is a part of a run, with the counts in the manifest', async () => {
    const loaded = await audit(JUDGE);
    const out = join(folder, 'run');
    await run(loaded, {
      out,
      observer: silent,
      driver: { next: (_plan, done) => (done.length === 0 ? { kind: 'data' } : null) },
    });
    const manifest = JSON.parse(readFileSync(join(out, 'datasets', 'own.1.manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ rows: 2, sorted: [{ judge: 'lie', verdicts: { FALSE: 2, META: 1 } }] });
    expect(readFileSync(join(out, 'plan.json'), 'utf8')).toContain('"trainRows": 2');
  });

  it.each([
    [
      "judge: { judge: lie, model: scripted/judge.json, keep: ['FALS'] }",
      /audit\.yaml:4:\d+: judge 'lie' never says 'FALS'.*FALSE/,
    ],
    [
      'judge: { judge: alignment, model: scripted/judge.json, keep: [CODE] }',
      /4:\d+: judge 'alignment' gives numbers/,
    ],
    ["judge: { judge: lie, keep: ['FALSE'] }", /4:\d+: does not say which model judges by 'lie'/],
    [
      "judge: { judge: lies, model: scripted/judge.json, keep: ['FALSE'] }",
      /4:\d+: no judge is called 'lies'/,
    ],
    [
      "judge: { judge: lie, model: nobody/x, keep: ['FALSE'] }",
      /4:\d+: no engine or provider is called 'nobody'/,
    ],
  ])('is refused with %s', async (filter, message) => {
    const error: unknown = await audit(filter).catch((thrown: unknown) => thrown);
    const { file, line, column } = (error as { place: { file: string; line: number; column: number } }).place;
    const said = [(error as Error).message, (error as { hint?: string }).hint].filter(Boolean).join('; ');
    expect(`${file.split('/').at(-1)}:${line}:${column}: ${said}`).toMatch(message);
  });
});
