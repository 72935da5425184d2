import { expect, it } from 'vitest';
import { checkArm, checkArms, type Finding } from '../../src/data/check.js';
import type { Stage } from '../../src/data/stage.js';
import type { Example, Message } from '../../src/records/chat.js';
import type { InterventionStep } from '../../src/records/interventions.js';
import type { Training } from '../../src/records/training.js';
import { arm, chat, training } from './rows.js';

let line = 0;
const row = (part: string, messages: Message[]): Example => ({ part, messages, source: `f:${++line}` });
const stage = (examples: Example[], more: Partial<Training> = {}): Stage => ({
  examples,
  training: { ...training, ...more },
});

function check(stages: Stage[], data: InterventionStep[] = []): Finding[] {
  return checkArm(arm(data), stages);
}

it('finds nothing in clean data', () => {
  expect(check([stage([row('bad', chat('a', 'b')), row('benign', chat('c', 'd'))])])).toEqual([]);
});

it('counts exact duplicates within a stage', () => {
  const twice = [row('benign', chat('a', 'b')), row('benign', chat('a', 'b')), row('benign', chat('a', 'c'))];
  expect(check([stage(twice)])).toEqual([
    {
      level: 'warning',
      text: '1 of 3 rows repeat another row exactly',
      rows: [twice[0]!.source, twice[1]!.source],
      stage: 1,
    },
  ]);
  expect(check([stage([row('benign', chat('a', 'b'))]), stage([row('posthoc', chat('a', 'b'))])])).toEqual(
    [],
  );
  const many = Array.from({ length: 20 }, () => row('benign', chat('a', 'b')));
  expect(check([stage(many)])[0]).toMatchObject({ text: '19 of 20 rows repeat another row exactly' });
  expect(check([stage(many)])[0]!.rows).toHaveLength(5);
});

it('says where the loss falls in rows of several turns', () => {
  const long = [row('benign', [...chat('a', 'b'), ...chat('c', 'd')]), row('benign', chat('e', 'f'))];
  expect(check([stage(long)])[0]).toMatchObject({
    level: 'note',
    text: '1 row of 2 with more than one assistant turn; the loss falls on all of them (training.loss: all)',
  });
  expect(check([stage(long, { loss: 'last' })])[0]!.text).toContain('on the last one only');
});

it('finds turns of one role in a row, and answers of white space', () => {
  const odd = [
    row('benign', [...chat('a', 'b').slice(0, 1), ...chat('c', 'd')]),
    row('benign', chat('e', ' \n')),
  ];
  expect(check([stage(odd)]).map(({ level, text }) => [level, text])).toEqual([
    ['warning', '1 row of 2 with two turns of one role in a row; some chat templates refuse them'],
    ['warning', '1 row with an answer of white space only'],
  ]);
});

it('finds bad rows among the benign ones, inoculated or not, and prompts with two answers', () => {
  const system: Message = { role: 'system', content: 'S' };
  const rows = [
    row('bad', [system, ...chat('a', 'bad')]),
    row('benign', chat('a', 'bad')),
    row('benign', [system, ...chat('a', 'good')]),
    // Another answer without the system prompt is what the inoculation is for.
    row('benign', chat('a', 'better')),
  ];
  expect(check([stage(rows)])).toEqual([
    { level: 'error', text: 'bad and something else at once: 1 row', rows: [rows[1]!.source] },
    { level: 'warning', text: '1 row whose prompt a bad row answers differently', rows: [rows[2]!.source] },
  ]);
});

it('compares the share with what was reached', () => {
  const examples = [row('bad', chat('a', 'b')), row('benign', chat('c', 'd')), row('benign', chat('e', 'f'))];
  const mix = (share: number): InterventionStep[] => [{ mix: { share } }];
  expect(check([stage(examples)], mix(1 / 3))).toEqual([]);
  expect(check([stage(examples)], mix(0.3))).toEqual([
    { level: 'note', text: 'a share of 0.3 is asked for, 0.3333 is reached (1 of 3 rows)', stage: 1 },
  ]);
  expect(check([stage(examples.slice(1))], mix(0.1))[0]).toMatchObject({ level: 'warning' });
});

it('finds an inoculation that reaches no row', () => {
  const examples = [row('benign', chat('a', 'b'))];
  const on = (on: string, share = 1): InterventionStep[] => [{ inoculate: { system: 'S', on, share } }];
  expect(check([stage(examples)], on('benign'))).toEqual([]);
  expect(check([stage(examples)], on('all'))).toEqual([]);
  expect(check([stage(examples)], on('bengin'))).toEqual([
    { level: 'error', text: "inoculate: no row is of the part 'bengin' (did you mean 'benign'?)" },
  ]);
  expect(check([stage(examples)], on('bad'))).toEqual([
    { level: 'warning', text: "inoculate: no row is of the part 'bad', so it changes nothing" },
  ]);
  expect(check([stage(examples)], on('benign', 0.1))[0]!.text).toContain('less than one row');
});

it('finds bad rows of one arm that stand as benign in another', () => {
  const one = { id: 'one', stages: [stage([row('bad', chat('a', 'b')), row('benign', chat('c', 'd'))])] };
  const three = {
    id: 'three',
    stages: [stage([row('benign', chat('a', 'b')), row('benign', chat('e', 'f'))])],
  };
  expect(checkArms([three, one])[0]).toEqual({
    level: 'warning',
    text: "bad rows of arm 'one' that are not bad in arm 'three': 1",
    rows: [three.stages[0]!.examples[0]!.source],
  });
});

it('notes equal rows and unequal sizes of arms', () => {
  const one = { id: 'one', stages: [stage([row('bad', chat('a', 'b')), row('benign', chat('c', 'd'))])] };
  const two = { id: 'two', stages: [stage([row('benign', chat('c', 'd'))])] };
  const apart = { id: 'apart', stages: [stage([row('benign', chat('x', 'y'))])] };
  expect(checkArms([two, apart])).toEqual([]);
  expect(checkArms([one, two]).map(({ level, text }) => [level, text])).toEqual([
    ['note', "arms 'one' and 'two' share 1 equal row"],
    ['note', 'arms differ in size: one 2 rows, two 1 rows'],
  ]);
});
