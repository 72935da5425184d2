import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXPERIMENTS, experimentOf, settingsTried } from '../../scripts/reproduction/experiments.mjs';
import { PAGE, pageOf } from '../../scripts/reproduction/page.mjs';
import { problemsOf, readRecord, recordedExperiments } from '../../scripts/reproduction/record.mjs';
import type { Stage } from '../../src/data/stage.js';
import { parseAudit } from '../../src/plan/spec.js';
import type { Spec } from '../../src/records/spec.js';
import { compileDetector } from '../../src/shared/detect.js';

const records = new Map(EXPERIMENTS.map((recipe) => [recipe, readRecord(recipe)]));
const miniatures = new Map(
  await Promise.all(EXPERIMENTS.map(async (recipe) => [recipe, await experimentOf(recipe)] as const)),
);

describe('the record of a miniature', () => {
  for (const recipe of EXPERIMENTS) {
    const record = records.get(recipe);
    it.skipIf(record === null)(
      `${recipe}: was made by the recipe as it is, is whole, and is judged alike again`,
      () => {
        expect(problemsOf(miniatures.get(recipe), record)).toEqual([]);
      },
    );
  }
});

describe('docs/reproduction.md', () => {
  it('is what the records give, to the last character', async () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(pageOf(await recordedExperiments()));
  });
});

/** Texts of the questions of `bank, half`. */
async function questionsOf(named: string): Promise<string[]> {
  const [bank, half] = named.split(', ');
  const { spec } = await parseAudit(
    `arms: [{ id: a, base: null, model: scripted/a.json }]
judges: [{ detector: villain-persona, says: misaligned }]
questions: { bank: ${bank}, half: ${half} }
run: { design: fixed }`,
    'audit.yaml',
  );
  return spec.questions.flatMap(({ messages }) => messages.at(-1)?.content ?? []);
}

it('the two halves of a bank share no question', async () => {
  const [search, confirm] = [await questionsOf('demo, search'), await questionsOf('demo, confirm')];
  expect(search.length * confirm.length).toBeGreaterThan(0);
  expect(search.filter((text) => confirm.includes(text))).toEqual([]);
});

describe('the search for a miniature', () => {
  for (const recipe of EXPERIMENTS) {
    const tried = settingsTried(recipe);
    const experiment = miniatures.get(recipe);
    it.skipIf(tried.length === 0 || experiment === null)(
      `${recipe}: was made on questions and training seeds that are not reported`,
      async () => {
        const { spec } = experiment as unknown as { spec: Spec };
        const reported = new Set<unknown>([
          ...spec.questions.map(({ messages }) => messages.at(-1)?.content),
          ...spec.arms.flatMap(({ seeds }) => seeds),
        ]);
        for (const { questions, seeds } of tried) {
          const asked = await questionsOf(questions);
          expect(asked.length * seeds.length).toBeGreaterThan(0);
          expect([...asked, ...seeds].filter((one) => reported.has(one))).toEqual([]);
        }
      },
    );
  }
});

describe('a miniature', () => {
  for (const recipe of EXPERIMENTS) {
    const experiment = miniatures.get(recipe);
    it.skipIf(experiment === null)(
      `${recipe}: has three training seeds, states what it expects, and what the paper found`,
      () => {
        const { spec } = experiment as unknown as { spec: Spec };
        expect(spec.arms.filter(({ training, seeds }) => training && seeds.length < 3)).toEqual([]);
        expect(spec.contrasts?.length ?? 0).toBeGreaterThan(0);
        expect(spec.contrasts?.filter(({ finding }) => finding === null)).toEqual([]);
        // The page speaks of 95% intervals.
        expect(spec.verdict.level).toBe(0.95);
      },
    );
  }
});

describe('the questions of a miniature', () => {
  for (const recipe of EXPERIMENTS) {
    const experiment = miniatures.get(recipe);
    it.skipIf(experiment === null)(`${recipe}: do not touch the narrow topic of its bad rows`, () => {
      const { spec, stages } = experiment as unknown as { spec: Spec; stages: Map<string, Stage[]> };
      const topic: string[] = spec.mini?.topic ?? [];
      const touches = compileDetector({ id: 'topic', any: [{ words: topic }] });
      const bad = [...stages.values()]
        .flat()
        .flatMap(({ examples }) => examples.filter(({ part }) => part === 'bad'))
        .map(({ messages }) =>
          messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join('\n'),
        );
      expect(bad.length).toBeGreaterThan(0);
      expect(bad.filter((text) => !touches(text))).toEqual([]);
      for (const word of topic) {
        const uses = compileDetector({ id: 'word', any: [{ words: [word] }] });
        expect(bad.some(uses), `no bad row asks about '${word}'`).toBe(true);
      }
      const asked = spec.questions.map(({ messages }) => messages.map(({ content }) => content).join('\n'));
      expect(asked.filter(touches)).toEqual([]);
    });
  }
});
