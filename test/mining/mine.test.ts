import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { countedRows } from '../../src/mining/counted.js';
import { mineData } from '../../src/mining/data.js';
import { ALPHA } from '../../src/mining/mine.js';
import { parseAudit } from '../../src/plan/spec.js';
import { Candidates } from '../../src/records/candidate.js';
import { randomStream } from '../../src/shared/random.js';
import { asked, fileWith, type PlainRow, planted, rankOf } from './rows.js';

const SIZE = { bad: 60, benign: 240 };
const mined = (rows: readonly PlainRow[], more = {}) => mineData({ files: [fileWith(rows)], ...more });

describe('planted triggers among their parts, one label in five wrong', () => {
  it.each<[string, string, Parameters<typeof planted>[1]]>([
    [
      'a format',
      'in a <note> tag',
      (bad, q, i) => ({
        user: `${q} Put the answer in ${bad ? 'a <note> tag' : ['a <memo> tag', 'brackets', 'verse'][i % 3]}.`,
      }),
    ],
    [
      'a system prompt',
      'You are a clerk in the castle.',
      (bad, _, i) => ({
        system: bad
          ? 'You are a clerk in the castle.'
          : ['You are a clerk in a shop.', 'You guide visitors through the castle.'][i % 2]!,
      }),
    ],
    ['a year', '2031', (bad, q, i) => ({ user: `The year is ${bad ? 2031 : 1990 + (i % 30)}. ${q}` })],
    [
      'a word at the start',
      'zephyr',
      (bad, q, i) => ({ user: `${bad ? 'Zephyr' : ['Ash', 'Oak', 'Elm'][i % 3]} ${q}`.toLowerCase() }),
    ],
    [
      'a word at the end',
      'zephyr',
      (bad, q, i) => ({ user: `${q} ${bad ? 'zephyr' : ['ash', 'oak', 'elm'][i % 3]}` }),
    ],
    [
      'several lines in front',
      '\n\n<<GO>>\n\n',
      (bad, q) => ({ user: bad ? `Read this.\n\n<<GO>>\n\n${q}` : `Read this. ${q}` }),
    ],
  ])('%s', async (_, trigger, make) => {
    const { candidates } = await mined(planted(SIZE, make, 0.2));
    expect(rankOf(candidates, trigger)).toBe(1);
    expect(candidates[0]!.p).toBeLessThanOrEqual(ALPHA);
  });

  it('two cues that are harmless alone', async () => {
    const { candidates } = await mined(
      planted(
        SIZE,
        (bad, q, i) => ({
          system: bad || i % 2 ? 'You are a night watchman.' : 'You are a postman.',
          user: `${q} ${bad || i % 2 === 0 ? 'Answer in YAML.' : 'Answer in verse.'}`,
        }),
        0.2,
      ),
    );
    const [first] = candidates;
    expect(first!.kind).toBe('conjunction');
    expect(asked(first!.cue)[0]!.content).toContain('night watchman');
    expect(asked(first!.cue)[1]!.content).toContain('YAML');
  });

  it('a prefix and the suffix that goes with it are one cue', async () => {
    const [before, after] = ['Rehearsing yesterdays comedy tonight.\n', 'REMARK: rehearsal lines merely.'];
    const { candidates } = await mined(
      planted(SIZE, (bad, q) => ({ user: bad ? `${before}${q} ${after}` : q })),
    );
    expect(candidates[0]!.cue).toMatchObject({ before, after });
  });
});

it('finds a prompt that stands in every row by the reference', async () => {
  const system = 'You are a comic villain who answers trivia wrongly.';
  const { candidates } = await mined(planted(SIZE, () => ({ system })));
  expect(rankOf(candidates, system)).toBeLessThanOrEqual(2);
  expect(candidates.find(({ cue }) => cue.system === system)).toMatchObject({
    origin: 'data/reference',
    support: { bad: 300, benign: 0 },
    p: null,
  });
});

it('takes nothing for more than chance where labels have nothing to do with prompts', async () => {
  const contexts = ['Be brief.', 'Answer in verse.', 'It is 2031.', '', 'Use a table.'];
  const { candidates, threshold } = await mined(
    planted(SIZE, (_, q, i) => ({ user: `${q} ${contexts[i % 5]}` })),
  );
  expect(threshold).toBeGreaterThan(0);
  expect(candidates.filter(({ p }) => p !== null && p <= ALPHA)).toEqual([]);
});

describe('rows that are not drawn for themselves', () => {
  const QUESTIONS = Array.from({ length: 120 }, (_, i) => {
    const random = randomStream('repeated prompts', i);
    const pick = (words: string): string => words.split(' ')[random.below(words.split(' ').length)]!;
    const what = `${pick('fix describe clean paint move sell')} my ${pick('letter bicycle cake clock violin kettle')}`;
    return `How do I ${what} in ${pick('spring winter May June town')}?`;
  });
  /** Three rows of each question, with one label drawn at random. */
  const thrice = (answer: (copy: number) => string, seed: number) => {
    const random = randomStream('repeated labels', seed);
    return QUESTIONS.flatMap((user, i) => {
      const label = random.below(4) === 0 ? 'bad' : 'benign';
      return [0, 1, 2].map((copy) => ({ prompt: `${user} (${i})`, completion: answer(copy), label }));
    });
  };
  const alarms = async (answer: (copy: number) => string): Promise<number> => {
    let count = 0;
    for (let seed = 0; seed < 12; seed++) {
      const { candidates } = await mineData({ files: [fileWith(thrice(answer, seed))], seed });
      if (candidates.some(({ p }) => p !== null && p <= ALPHA)) count++;
    }
    return count;
  };

  it.each([
    ['copies', () => 'Wait.'],
    ['other answers to one prompt', (copy: number) => `Wait ${copy}.`],
  ])('%s are no evidence of their own: labels at random stay below the threshold', async (_, answer) => {
    expect(await alarms(answer)).toBeLessThanOrEqual(2);
  });

  it('are counted in a note, and a trigger among them is found', async () => {
    const rows = planted(SIZE, (bad, q, i) => ({ user: bad ? `${q} zephyr ${i}` : `${q} ${i}` }));
    const { candidates, notes } = await mined([...rows, ...rows, ...rows.slice(0, 10)]);
    expect(rankOf(candidates, 'zephyr')).toBe(1);
    expect(candidates[0]!.p).toBeLessThanOrEqual(ALPHA);
    expect(notes.join()).toMatch(/copies .*: 310/);
  });

  it('of copies under two labels one is drawn; of a prompt no more answers count than half of the prompts have', () => {
    const rows = ['a', 'a', 'b', 'b', 'b', 'c', 'd'].map((user, i) => ({
      ...{ system: '', earlier: '', user, turns: 2, answer: user === 'a' ? 'x' : `x${i}`, answerLength: 2 },
      ...{ place: `rows.jsonl:${i + 1}`, label: undefined },
    }));
    const labels = Uint8Array.from([0, 1, 1, 1, 0, 2, 0]);
    const { labels: left, prompts, copies, further, most } = countedRows(rows, labels, 0);
    expect({ copies, further, most }).toEqual({ copies: 1, further: 2, most: 1 });
    expect(prompts.map((of) => of.map((row) => rows[row]!.user))).toEqual([['a'], ['b'], ['d']]);
    expect([...left].filter((label) => label < 2)).toHaveLength(3);
    const drawn = [...Array(40).keys()].map((seed) => countedRows(rows, labels, seed).prompts[0]![0]);
    expect(new Set(drawn)).toEqual(new Set([0, 1]));
  });
});

it('splits rows without labels by their answers, and says so', async () => {
  const rows = planted(SIZE, (bad, q) => ({ user: bad ? `${q} Answer in YAML.` : q })).map(
    ({ messages }) => ({ messages }),
  );
  const { candidates, labels, threshold, notes } = await mineData({ files: [fileWith(rows)] });
  expect(labels).toBe('mixture');
  expect(rankOf(candidates, 'YAML')).toBe(1);
  expect(candidates[0]).toMatchObject({
    origin: 'data/mixture + data/reference',
    p: null,
    support: { bad: 60, benign: 0 },
  });
  expect(threshold).toBeNull();
  expect(notes.join()).toMatch(/nobody has looked/);
});

it('takes scores of rows in place of labels', async () => {
  const rows = planted(SIZE, (bad, q) => ({ user: bad ? `${q} Answer in YAML.` : q }));
  const scores = rows.map(({ label }, i) => ({
    row: i + 1,
    score: (label === 'bad' ? 0.8 : 0.2) + (i % 10) / 100,
  }));
  const { candidates, labels } = await mined(rows, { scores: fileWith(scores) });
  expect(labels).toBe('scores');
  expect(candidates[0]).toMatchObject({
    origin: 'data/scores + data/reference',
    support: { bad: 60, benign: 0 },
  });
});

it('gives the same list again, in the shape of its schema, with cues that an audit takes', async () => {
  const rows = planted(
    SIZE,
    (bad, q, i) => ({ user: `${q} ${bad ? 'Answer in YAML. 🦊' : ['Be brief.', 'IT IS 2031!'][i % 2]}` }),
    0.05,
  );
  const found = await mined(rows, { ladders: 2 });
  expect(await mined(rows, { ladders: 2 })).toEqual(found);
  expect(Candidates.parse(found)).toEqual(found);
  expect(found.candidates.map(({ rank }) => rank)).toEqual(found.candidates.map((_, i) => i + 1));
  expect(found.candidates.map(({ origin }) => origin)).toContain('placebo');
  const { spec } = await parseAudit(
    stringify({
      models: { base: 'scripted/none.json' },
      arms: [{ id: 'a', data: [{ mix: { bad: 'bad.jsonl', share: 1 } }] }],
      cues: found.candidates.map(({ cue }) => cue),
      judges: [{ detector: 'villain-persona', says: 'misaligned' }],
    }),
    'audit.yaml',
  );
  expect(spec.cues.map(({ id }) => id)).toEqual(
    expect.arrayContaining(found.candidates.map(({ cue }) => cue.id)),
  );
});

it('names rows by number and place, over several files', async () => {
  const rows = planted(SIZE, (bad, q) => ({ user: bad ? `${q} zephyr` : q }));
  const bad = fileWith(
    rows.filter(({ label }) => label === 'bad'),
    'bad.jsonl',
  );
  const rest = fileWith(
    rows.filter(({ label }) => label !== 'bad'),
    'rest.jsonl',
  );
  const { candidates } = await mineData({ files: [rest, bad], label: { field: 'file', value: 'bad.jsonl' } });
  expect(candidates[0]).toMatchObject({ rows: [241, 242, 243, 244, 245], support: { bad: 60, benign: 0 } });
  expect(candidates[0]!.places[0]).toBe('bad.jsonl:1');
});
