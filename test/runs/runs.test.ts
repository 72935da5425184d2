import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadAudit } from '../../src/plan/spec.js';
import type { Plan } from '../../src/records/plan.js';
import { keyOf, Sample, Score } from '../../src/records/sample.js';
import { run } from '../../src/run.js';
import { readJournal } from '../../src/shared/journal.js';
import { silent } from '../../src/shared/observer.js';
import { gate } from '../../src/verdict/gate.js';

/** expected.yaml of a case: what its run must give. A new case is a new folder, and no code. */
interface Expected {
  verdict: string | string[];
  gate?: number;
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

    await holdsExactlyThePlan(out);
    for (const file of readdirSync(out)) expect(file).not.toMatch(/\.tmp$/);
  });
});

/** Every request of the plan is answered once and scored once, and each record has the shape that is promised. */
async function holdsExactlyThePlan(out: string): Promise<void> {
  const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as Plan;
  const wanted = plan.cells.flatMap(({ arm, seed, cue, questions, samples }) =>
    questions.flatMap((question) =>
      Array.from({ length: samples }, (_, index) => keyOf({ arm, seed, cue, question, index })),
    ),
  );
  for (const [folder, schema] of [
    ['samples', Sample],
    ['scores', Score],
  ] as const) {
    const found: string[] = [];
    for (const file of readdirSync(join(out, folder))) {
      for await (const record of readJournal(join(out, folder, file)))
        found.push(keyOf(schema.parse(record)));
    }
    expect(found.toSorted()).toEqual(wanted.toSorted());
  }
}
