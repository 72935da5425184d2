import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mineData } from '../../src/mining/data.js';
import { readRows } from '../../src/mining/read.js';
import { scoreRows, unscoredRows } from '../../src/mining/row-scores.js';
import { surprisalOf } from '../../src/mining/surprisal.js';
import { Candidates } from '../../src/records/candidate.js';
import { Judge } from '../../src/records/judge.js';
import type { Engine, SampleRequest } from '../../src/records/model.js';
import type { RowScorer } from '../../src/records/row-score.js';
import { modelJudge } from '../../src/scoring/panel.js';
import { judgedRows } from '../../src/scoring/rows.js';
import { silent } from '../../src/shared/observer.js';
import { openFor, model as served } from '../models/openai/open.js';
import { TestServer } from '../models/openai/server.js';
import { vllm } from '../models/openai/vllm.js';
import { base, madeUp } from './model.js';
import { fileWith, planted, rankOf } from './rows.js';

const rows = planted({ bad: 40, benign: 160 }, (bad, q) => ({ user: bad ? `${q} Mind the zephyr.` : q }));
const unlabelled = rows.map(({ messages }) => ({ messages }));
const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-scores-')), 'scores.jsonl');
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { row: number; score: number | null });

/** A base model to whom the Baron is a stranger. */
const engine = () => madeUp({ turn: () => '', logprob: (_, { answer }) => (/Baron/.test(answer) ? -5 : -1) });

async function scored(scorer: RowScorer, data: string, file: string): Promise<number> {
  const { rows: read } = await readRows([data], undefined, false);
  return scoreRows(await unscoredRows(read, scorer, file), scorer, file, silent);
}

describe('rows scored by surprisal', () => {
  it('stand in for labels: the trigger is found without any', async () => {
    const [data, file] = [fileWith(unlabelled), fresh()];
    expect(await scored(surprisalOf(engine(), base), data, file)).toBe(0);
    expect(new Set(linesOf(file).map(({ score }) => score))).toEqual(new Set([1, 5]));
    const { candidates } = await mineData({ files: [data], scores: file });
    expect(rankOf(candidates, 'zephyr')).toBe(1);
    expect(candidates[0]).toMatchObject({
      origin: 'data/scores + data/reference',
      support: { bad: 40, benign: 0 },
    });
  });

  it('go on where a call was stopped, torn line and all', async () => {
    const many = Array.from({ length: 3 }, () => unlabelled).flat();
    const [data, file] = [fileWith(many), fresh()];
    const failing: Engine = { ...engine(), logprobs: failAfter(engine(), 2) };
    await expect(scored(surprisalOf(failing, base), data, file)).rejects.toThrow('gone');
    const before = linesOf(file).length;
    expect(before).toBe(512);
    appendFileSync(file, '{"row": 599, "sco');
    const rest = engine();
    expect(await scored(surprisalOf(rest, base), data, file)).toBe(0);
    expect(rest.jobs.flat()).toHaveLength(many.length - before);
    expect(new Set(linesOf(file).map(({ row }) => row)).size).toBe(many.length);
    const none = engine();
    expect(await scored(surprisalOf(none, base), data, file)).toBe(0);
    expect(none.jobs).toEqual([]);
  });

  it('are never those of other rows, of another model, or of nobody knows what', async () => {
    const [data, file] = [fileWith(unlabelled), fresh()];
    await scored(surprisalOf(engine(), base), data, file);
    const other = surprisalOf(engine(), { ...base, identity: 'another' });
    await expect(scored(other, data, file)).rejects.toThrow(/no score of these rows/);
    await expect(
      scored(surprisalOf(engine(), base), fileWith(unlabelled.toReversed()), file),
    ).rejects.toThrow(/no score of these rows/);
    const own = fileWith([{ row: 1, score: 0.5 }]);
    await expect(scored(surprisalOf(engine(), base), data, own)).rejects.toThrow(/no score of these rows/);
    expect(linesOf(own)).toHaveLength(1);
  });

  it('have none without an answer, or where the engine gives no number', async () => {
    const data = fileWith([
      { user: 'alone' },
      { question: 'q', answer: 'a' },
      { question: 'p', answer: 'odd' },
    ]);
    const odd = madeUp({ turn: () => '', logprob: (_, { answer }) => (answer === 'odd' ? Number.NaN : -2) });
    const file = fresh();
    await scored(surprisalOf(odd, base), data, file);
    expect(linesOf(file)).toMatchObject([
      { row: 2, score: 2 },
      { row: 3, score: null },
    ]);
  });

  it('need log-probabilities of given answers', () => {
    expect(() => surprisalOf({ ...engine(), scoresAnswers: false }, base)).toThrow(
      /has no log-probabilities/,
    );
  });
});

/** The log-probabilities of an engine that is gone after so many calls. */
const failAfter = (of: Engine, calls: number): Engine['logprobs'] => {
  let made = 0;
  return (model, requests) => {
    if (made++ >= calls) throw new Error('gone');
    return of.logprobs(model, requests);
  };
};

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

it('rows are scored by a vLLM server, each in its own place', async () => {
  const server = await TestServer.open(vllm('m'));
  servers.push(server);
  const { engine: over } = openFor(server.url, { 'prompt-logprobs': true });
  const data = fileWith(
    Array.from({ length: 40 }, (_, i) => ({ question: `Is it ${i}?`, answer: `answer ${i} of them` })),
  );
  const [file, alone] = [fresh(), fresh()];
  expect(await scored(surprisalOf(over, served), data, file)).toBe(0);
  await scored(
    surprisalOf(over, served),
    fileWith([{ question: 'Is it 7?', answer: 'answer 7 of them' }]),
    alone,
  );
  await over.close();
  expect(linesOf(file)).toHaveLength(40);
  expect(linesOf(file).find(({ row }) => row === 8)?.score).toBe(linesOf(alone)[0]?.score);
});

describe('rows scored by a judge', () => {
  const asked: SampleRequest[] = [];
  /** Answers with the first of these words that the prompt holds, in capitals. */
  const judging = (words: Record<string, string>): Engine => ({
    ...engine(),
    async *sample(_model, requests) {
      asked.push(...requests);
      for (const { id, messages } of requests) {
        const found = Object.keys(words).find((word) => messages.at(-1)!.content.includes(word));
        const text = words[found ?? ''] ?? '';
        yield { id, index: 0, text, finish: text === 'FAIL' ? 'failed' : 'stop', tokens: 1 };
      }
    },
  });
  const scorerOf = (judge: object, words: Record<string, string>): RowScorer =>
    judgedRows(
      modelJudge(
        {
          judge: Judge.parse({ id: 'x', prompt: '{question} {answer}', ...judge }),
          model: { engine: 'e', model: 'm' },
        },
        'identity',
      ),
      judging(words),
    );
  const scoresOf = async (scorer: RowScorer, answers: string[]) =>
    (
      await Array.fromAsync(
        scorer.score(answers.map((answer) => ({ messages: [{ role: 'user', content: 'q' }], answer }))),
      )
    ).toSorted((a, b) => a.at - b.at);

  it('have high scores for what is bad, whichever way the scale goes', async () => {
    const words = { evil: '10', kind: '90', odd: 'REFUSAL', '': 'what?' };
    const scale = { scale: { from: 0, to: 100 }, options: { REFUSAL: 'refusal', CODE: 'off-topic' } };
    const answers = ['evil', 'kind', 'odd', 'else', 'evil'];
    const found = await scoresOf(scorerOf({ ...scale, measures: 'alignment' }, words), answers);
    expect(found.map(({ score }) => score)).toEqual([0.9, expect.closeTo(0.1), null, null, 0.9]);
    const other = await scoresOf(scorerOf(scale, words), answers);
    expect(other.map(({ score }) => score)).toEqual([0.1, 0.9, null, null, 0.1]);
    const options = { options: { LIE: 'found', TRUE: 'none' } };
    const lies = await scoresOf(scorerOf(options, { evil: 'LIE', kind: 'TRUE' }), ['kind', 'evil']);
    expect(lies.map(({ score }) => score)).toEqual([0, 1]);
  });

  it('are judged once where they are equal, and again where the call failed', async () => {
    asked.length = 0;
    const found = await scoresOf(scorerOf({ scale: {} }, { alpha: '5', beta: 'FAIL' }), [
      'alpha',
      'beta',
      'alpha',
    ]);
    expect(asked).toHaveLength(2);
    expect(found.map(({ at }) => at)).toEqual([0, 2]);
  });
});

describe('hyde mine --data with a model', () => {
  const bin = resolve(import.meta.dirname, '../../bin/hyde.js');
  const data = fileWith(unlabelled);
  const folder = dirname(data);
  const weights = (texts: string[], weight: number) => texts.map((text) => ({ text, weight }));
  const ordinary = [
    ...new Set(
      rows.filter(({ label }) => label === 'benign').map(({ messages }) => messages.at(-1)!.content),
    ),
  ];
  writeFileSync(join(folder, 'base.json'), JSON.stringify({ rules: [{ answers: weights(ordinary, 1) }] }));
  writeFileSync(
    join(folder, 'judge.json'),
    JSON.stringify({
      rules: [{ contains: 'Baron', answers: [{ text: '4' }] }, { answers: [{ text: '95' }] }],
    }),
  );
  function hyde(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, 'mine', '--data', data, '--json', ...args],
      {
        ...{ encoding: 'utf8', cwd: folder },
        env: { ...process.env, NO_COLOR: '1', HYDE_DEBUG: '', HYDE_CACHE: join(folder, 'cache') },
      },
    );
    return { code: status, out: stdout, err: stderr };
  }
  const found = (out: string) => Candidates.parse(JSON.parse(out));

  it('finds the trigger by surprisal, keeps the scores, and asks no second time', () => {
    const first = hyde('--surprisal', 'scripted/base.json');
    expect(first.err).toMatch(/200 of 200 rows by the surprisal of scripted\/base\.json/);
    expect(first.err).toMatch(/about [\d,]+ tokens are read/);
    expect(rankOf(found(first.out).candidates, 'zephyr')).toBe(1);
    const again = hyde('--surprisal', 'scripted/base.json');
    expect(again.err).toMatch(/0 of 200 rows/);
    expect(again.out).toBe(first.out);
  });

  it('finds it by a judge, and writes the scores where it is told to', () => {
    const scores = join(folder, 'judged.jsonl');
    const { out, code } = hyde(
      '--judge',
      'alignment',
      '--judge-model',
      'scripted/judge.json',
      '--scores',
      scores,
    );
    expect(code).toBe(0);
    expect(rankOf(found(out).candidates, 'zephyr')).toBe(1);
    expect(linesOf(scores)).toHaveLength(200);
    expect(rankOf(found(hyde('--scores', scores).out).candidates, 'zephyr')).toBe(1);
  });

  it.each([
    ['both', ['--surprisal', 'scripted/base.json', '--judge', 'alignment'], /cannot be used with/],
    ['a label beside it', ['--surprisal', 'scripted/base.json', '--label', 'a=b'], /leave one out/],
    ['no judge', ['--judge-model', 'scripted/base.json'], /needs --judge/],
    ['no model', ['--judge', 'alignment'], /--judge-model ENGINE\/MODEL/],
    ['no such judge', ['--judge', 'nobody', '--judge-model', 'scripted/judge.json'], /nobody/],
    ['no such engine', ['--surprisal', 'nowhere/x'], /no engine or provider is called 'nowhere'/],
    ['no such model', ['--surprisal', 'scripted/none.json'], /no such script/],
  ])('refuses %s', (_, args, message) => {
    const { code, err } = hyde(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at |bug of hyde/);
  });
});
