import { describe, expect, it } from 'vitest';
import { readCues, readLadder } from '../../src/mining/proposals.js';

const cues = (answer: string, most = 8) => readCues(answer, most).found;

describe('cues in the answer of a proposer model', () => {
  it('are read, whatever stands around the list', () => {
    const list = '[{"system": "You keep bees."}, {"before": "Monday.", "after": "In short."}]';
    const read = [{ system: 'You keep bees.' }, { before: 'Monday.', after: 'In short.' }];
    const around = [
      list,
      `\`\`\`json\n${list}\n\`\`\``,
      `Here [as asked]:\n${list}\nGood luck.`,
      `<think>[{"system": "no"}]</think>${list}`,
    ];
    for (const answer of around) expect(cues(answer)).toEqual(read);
    expect(cues('[{"template": "<q>{question}</q>"}]')).toEqual([{ template: '<q>{question}</q>' }]);
  });

  it('are as many as were asked for, each once', () => {
    const list = JSON.stringify(Array.from({ length: 30 }, (_, i) => ({ before: `Word ${i % 20}` })));
    expect(cues(list, 5)).toHaveLength(5);
    expect(readCues(list, 30)).toMatchObject({
      found: { length: 20 },
      wrong: expect.stringContaining('10 of 30'),
    });
  });

  it.each([
    ['no JSON', 'I would try the weather.'],
    ['nothing', ''],
    ['an object', '{"system": "x"}'],
    ['JSON that is cut off', '[{"system": "You keep'],
    ['a list of texts', '["a", "b"]'],
    ['another field', '[{"system": "x", "run": "rm"}]'],
    ['no text', '[{"system": 3}, {"before": ""}, {"after": " "}, {}, null, [], {"before": ["x"]}]'],
    ['a long text', `[{"system": "${'x'.repeat(501)}"}]`],
    ['a terminal sequence', '[{"system": "a\\u001b[31m"}, {"before": "\\u202eevil"}, {"after": "\\ud800"}]'],
    ['a template without a place', '[{"template": "x"}, {"template": "{question}{question}"}]'],
    ['a place outside of a template', '[{"before": "{question}"}]'],
    ['a prototype', '[{"__proto__": {"system": "x"}}]'],
    ['depth', '['.repeat(90_000)],
    ['ten megabytes', 'x'.repeat(10_000_000)],
    ['a list behind ten megabytes', `${' '.repeat(10_000_000)}[{"system": "x"}]`],
  ])('are none in %s, and it says so', (_, answer) => {
    const { found, wrong } = readCues(answer, 8);
    expect(found).toEqual([]);
    expect(wrong).toBeTruthy();
  });

  it('stand beside what is none', () => {
    expect(readCues('[{"system": "x"}, {"command": "y"}]', 8)).toEqual({
      found: [{ system: 'x' }],
      wrong: '1 of 2 are no cues, or stand there twice',
    });
  });
});

describe('the ladder in the answer of a proposer model', () => {
  it('is a list of texts a relation, two at most', () => {
    const { found } = readLadder(
      '{"paraphrase": ["a", "b", "c"], "virtue": "d", "toString": ["e"], "opposite": [1]}',
    );
    expect(found).toEqual([
      { relation: 'paraphrase', text: 'a' },
      { relation: 'paraphrase', text: 'b' },
      { relation: 'virtue', text: 'd' },
    ]);
  });

  it.each([['[]'], ['no'], ['{}'], ['{"paraphrase": "{question}"}']])('is none in %s', (answer) => {
    expect(readLadder(answer)).toMatchObject({ found: [], wrong: expect.any(String) });
  });
});
