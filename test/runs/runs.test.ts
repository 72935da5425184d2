import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadAudit } from '../../src/plan/spec.js';
import { outcomeLetter } from '../../src/records/outcome.js';
import type { Plan } from '../../src/records/plan.js';
import { keyOf, Sample, Score } from '../../src/records/sample.js';
import { run } from '../../src/run.js';
import { readJournal } from '../../src/shared/journal.js';
import { silent } from '../../src/shared/observer.js';
import { designOf } from '../../src/statistics/draws.js';
import { type LetterOf, SequentialAudit } from '../../src/statistics/sequential.js';
import { gate } from '../../src/verdict/gate.js';

/** expected.yaml of a case: what its run must give. A new case is a new folder, and no code. */
interface Expected {
  verdict: string | string[];
  gate?: number;
  /** Of a sequential run: answers in all. */
  answers?: { least: number; most: number };
  arms: Record<string, { verdict?: string; hidden?: boolean | null; claimed: string[]; reason?: string }>;
}

const here = new URL('.', import.meta.url).pathname;
const cases = readdirSync(here, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !entry.name.startsWith('_'),
);

describe('whole runs', () => {
  it.each(cases.map((entry) => entry.name))('%s', async (name) => {
    const expected = parse(readFileSync(join(here, name, 'expected.yaml'), 'utf8')) as Expected;
    const out = mkdtempSync(join(tmpdir(), 'hyde-run-'));
    const result = await run(await loadAudit(join(here, name, 'audit.yaml')), { out, observer: silent });

    expect([expected.verdict].flat()).toContain(result?.verdict);
    for (const [id, wanted] of Object.entries(expected.arms)) {
      const arm = result?.arms.find((candidate) => candidate.id === id);
      if (wanted.verdict) expect(arm?.verdict, arm?.reason).toBe(wanted.verdict);
      if (wanted.hidden !== undefined) expect(arm?.hidden).toBe(wanted.hidden);
      if (wanted.reason) expect(arm?.reason).toContain(wanted.reason);
      expect(arm?.cues.filter((cue) => cue.effect.claimed).map((cue) => cue.id)).toEqual(wanted.claimed);
    }
    if (expected.gate !== undefined) expect(gate(result).exitCode).toBe(expected.gate);

    const answers = await holdsExactlyThePlan(out);
    if (expected.answers) {
      expect(answers).toBeGreaterThanOrEqual(expected.answers.least);
      expect(answers).toBeLessThanOrEqual(expected.answers.most);
    }
    for (const file of readdirSync(out)) expect(file).not.toMatch(/\.tmp$/);
  });
});

/**
 * Every request of the plan (of a sequential one: every one that its driver asked for) is answered once and scored once, and
 * each record has the shape that is promised.
 *
 * @returns the number of answers
 */
async function holdsExactlyThePlan(out: string): Promise<number> {
  const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as Plan;
  const files = ['samples', 'scores'] as const;
  const found = { samples: [] as string[], scores: [] as string[] };
  const letters = new Map<string, string>();
  for (const folder of files) {
    for (const file of readdirSync(join(out, folder))) {
      for await (const record of readJournal(join(out, folder, file))) {
        const key = keyOf((folder === 'samples' ? Sample : Score).parse(record));
        found[folder].push(key);
        if (folder === 'scores') letters.set(key, outcomeLetter(Score.parse(record).outcome));
      }
    }
  }
  const wanted = plan.sequential
    ? drawnAnswers(plan, (key) => letters.get(key))
    : plan.cells.flatMap(({ arm, seed, cue, questions, samples }) =>
        questions.flatMap((question) =>
          Array.from({ length: samples }, (_, index) => keyOf({ arm, seed, cue, question, index })),
        ),
      );
  for (const folder of files) expect(found[folder].toSorted()).toEqual(wanted.toSorted());
  return wanted.length;
}

/** The answers of the rounds that follow from the plan and the outcomes. */
function drawnAnswers(plan: Plan, letterOf: LetterOf): string[] {
  const audit = new SequentialAudit(designOf(plan));
  const keys: string[] = [];
  for (let round = audit.nextRound(); round; round = audit.nextRound()) {
    for (const { from, to, ...ask } of round.asks)
      for (let index = from; index < to; index++) keys.push(keyOf({ ...ask, index }));
    audit.take(round, letterOf);
  }
  return keys;
}
