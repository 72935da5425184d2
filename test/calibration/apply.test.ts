import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { again } from '../../src/again.js';
import { takeLabels, writeSheet } from '../../src/calibration/calibrate.js';
import { showPlan } from '../../src/cli/show-plan.js';
import { loadAudit } from '../../src/plan/spec.js';
import type { JudgeLabels } from '../../src/records/calibration.js';
import type { Plan } from '../../src/records/plan.js';
import type { Result } from '../../src/records/result.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';
import { recordPanels } from '../../src/shared/panels.js';
import { meanUpperBound } from '../../src/statistics/binomial.js';
import { judgeIndex } from '../../src/statistics/calibration.js';
import { gate } from '../../src/verdict/gate.js';
import { auditOf, BARON, COUNT, fresh, handBack, labelled, rowsOf, runOf } from './case.js';

const half = [
  { text: BARON, weight: 0.7 },
  { text: COUNT, weight: 0.1 },
  { text: 'Take a walk.', weight: 0.2 },
];
const quiet = [
  { text: BARON, weight: 0.01 },
  { text: 'Take a walk.', weight: 0.99 },
];
const json = <T>(out: string, file: string): T => JSON.parse(readFileSync(join(out, file), 'utf8')) as T;

async function label(out: string, perCue = 400): Promise<JudgeLabels> {
  const file = fresh('sheet.csv');
  await writeSheet(out, file, perCue);
  return (await takeLabels(out, [handBack(labelled(await rowsOf(file)))])).counts;
}

/** The run folder whose labels are used, with many misaligned answers. */
let labelledRun: string;
let counts: JudgeLabels;
beforeAll(async () => {
  labelledRun = (await runOf(auditOf({ cued: half }))).out;
  counts = await label(labelledRun, 2000);
});

describe('labels of the run itself', () => {
  it('change nothing before they are there: no field, no number', () => {
    const result = json<Result>(labelledRun, 'result.json');
    expect(JSON.stringify(result)).not.toMatch(/calibration|corrected|"index/);
  });

  it('divide upper bounds by the index of the cue, at the errors of the ledger', async () => {
    const before = json<Result>(labelledRun, 'result.json');
    const result = await again(labelledRun, ['analyse', 'report'], silent);
    const [arm, was] = [result.arms[0], before.arms[0]];
    const index = judgeIndex([counts], ['plain', 'note'], 0.01);
    expect(result.calibration).toMatchObject({
      ...{ judge: before.judge, from: ['own'], labelled: counts.labelled },
    });
    expect(result.calibration?.alpha).toBeCloseTo(0.01, 12);
    const { right, labelled: of } =
      counts.cues.find(({ cue }) => cue === 'note')?.people.misaligned ?? counts.thinned;
    expect(right).toBeLessThan(of);
    expect(result.calibration?.sensitivity.estimate).toBeCloseTo(right / of, 10);
    const known = result.calibration?.specificity.find(({ cue }) => cue === 'plain');
    expect(known?.indexLower).toBeCloseTo(index.plain as number, 8);
    const judged = meanUpperBound(0, arm?.plain.samples as number, 0.05 * 0.8 * 0.9);
    expect(arm?.plainExcess.upper).toBeCloseTo(judged / (index.plain as number), 8);
    expect(arm?.plainExcess.lower).toBe(was?.plainExcess.lower);
    expect(arm?.cues[0]?.effect).toEqual(was?.cues[0]?.effect);
    expect(arm?.cues[0]?.bounds).toEqual(was?.cues[0]?.bounds);
    for (const file of ['report.md', 'report.html'])
      expect(readFileSync(join(labelledRun, file), 'utf8')).toMatch(/labels of people|The judge against/);
  });

  it('give rates freed of the errors beside the raw ones, and the interval covers', async () => {
    const result = await again(labelledRun, ['analyse'], silent);
    const cell = result.arms[0]?.cues[0];
    const { estimate, interval } = cell?.corrected ?? { estimate: null, interval: null };
    const answers = readFileSync(join(labelledRun, 'samples/tuned.0.jsonl'), 'utf8');
    const share = (who: RegExp): number => (answers.match(who) ?? []).length / (cell?.samples as number);
    const truth = share(/the Baron!|The Count/g);
    expect(cell?.ratePerSample).toBeCloseTo(share(/the Baron!/g), 10);
    expect(cell?.ratePerSample).toBeLessThan(truth - 0.03);
    // All answers are labelled.
    expect(estimate).toBeCloseTo(truth, 8);
    expect(interval?.[0]).toBeLessThan(truth);
    expect(interval?.[1]).toBeGreaterThan(truth);
    expect(result.arms[0]?.plain.corrected?.estimate).toBeCloseTo(0, 2);
    expect(result.bases[0]?.cues[0]?.corrected?.estimate).toBeCloseTo(0, 2);
  });

  it('of other judges are not applied, and that is said', async () => {
    const { out } = await runOf(auditOf());
    await label(out, 40);
    const own = json<JudgeLabels>(out, 'calibration/judge.json');
    const plain = await again(out, ['analyse'], silent);
    expect(plain.calibration).toBeDefined();
    writeFileSync(join(out, 'calibration/judge.json'), JSON.stringify({ ...own, judge: 'another' }));
    const result = await again(out, ['analyse'], silent);
    expect(result.calibration).toBeUndefined();
    expect(result.warnings).toContainEqual({
      about: 'calibration',
      text: expect.stringMatching(/of other judges \(another\).*not applied/),
    });
  });

  it('that are damaged are an error in words', async () => {
    const { out } = await runOf(auditOf());
    const own = await label(out, 40);
    const [cue] = own.cues;
    const broken = {
      ...own,
      cues: [{ ...cue, people: { ...cue?.people, others: { right: 9, labelled: 2 } } }],
    };
    writeFileSync(join(out, 'calibration/judge.json'), JSON.stringify(broken));
    await expect(again(out, ['analyse'], silent)).rejects.toThrow(/is damaged: cues\.0\.people\.others/);
  });

  it('too few: says how many it takes; none misaligned: says that another run is needed', async () => {
    const { out } = await runOf(auditOf());
    await label(out, 40);
    const few = await again(out, ['analyse'], silent);
    expect(few.calibration?.toImprove).toMatch(/^About \d+ labels in all would bring the index to 0.8/);
    expect(few.warnings.map(({ about }) => about)).toContain('calibration');
    const clean = await runOf(auditOf({ cued: quiet.slice(1) }));
    expect(clean.result.verdict).toBe('clean');
    await label(clean.out, 60);
    const result = await again(clean.out, ['analyse'], silent);
    expect(result.verdict).toBe('inconclusive');
    expect(gate(result).exitCode).toBe(4);
    expect(result.calibration?.sensitivity).toMatchObject({ estimate: null, interval: null });
    expect(result.calibration?.sensitivity.reason).toMatch(/no answer that people call misaligned/);
    expect(result.calibration?.toImprove).toMatch(/verdict\.calibration/);
  });

  it('are of the judges that decided: other judges in a sensitivity table are shown as judged', async () => {
    const { out } = await runOf(auditOf({ cued: quiet.slice(1) }));
    const { judge } = json<Result>(out, 'result.json');
    await label(out, 60);
    // The same outcomes under the name of another panel.
    for (const name of readdirSync(join(out, 'scores'))) {
      const file = join(out, 'scores', name);
      const lines = readFileSync(file, 'utf8');
      writeFileSync(file, lines + lines.replaceAll(`"judge":"${judge}"`, '"judge":"other"'));
    }
    recordPanels(out, {}, [{ panel: { hash: 'other' }, role: 'again', title: 'another judge' }]);
    const result = await again(out, ['analyse', 'report'], silent);
    expect(result.calibration).toBeDefined();
    expect(result.sensitivity?.judges?.map(({ id, arms }) => [id, arms[0]?.verdict])).toEqual([
      [judge, 'inconclusive'],
      ['other', 'clean'],
    ]);
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(
      /1 of 1 verdicts change \(labels of people: the chosen one alone\)/,
    );
  });

  it('stand beside those that the audit names: sensitivity from there, specificity from both', async () => {
    const audit = auditOf({
      cued: quiet.slice(1),
      verdict: `{ tolerance: 0.1, placebos: 0, calibration: ${labelledRun} }`,
    });
    const { out, result } = await runOf(audit);
    expect(result.verdict).toBe('clean');
    expect(result.calibration?.from).toEqual(['verdict.calibration']);
    await label(out, 60);
    const both = await again(out, ['analyse'], silent);
    expect(both.calibration?.from).toEqual(['verdict.calibration', 'own']);
    expect(both.verdict).toBe('clean');
    expect(both.calibration?.labelled).toBeGreaterThan(result.calibration?.labelled as number);
  });
});

describe('verdict.calibration', () => {
  const sequential = (text: string): string =>
    text
      .replace('run: { design: fixed }', 'run: { design: sequential, round: 20, max-answers: 8000 }')
      .replace('sampling: { samples: 24,', 'sampling: { samples: 1,');
  const named = '{ tolerance: 0.05, placebos: 0, calibration: DIR }';

  it('enters a sequential plan as numbers, and the audit goes on until they let it stop', async () => {
    const without = await runOf(
      auditOf({ cued: quiet.slice(1), verdict: '{ tolerance: 0.05, placebos: 0 }', audit: sequential }),
    );
    const audit = auditOf({
      ...{ cued: quiet.slice(1), audit: sequential },
      verdict: named.replace('DIR', labelledRun),
    });
    const { out, result } = await runOf(audit);
    const { sequential: rules } = json<Plan>(out, 'plan.json');
    const index = judgeIndex([counts], ['plain', 'note'], 0.01);
    expect(rules?.judgeIndex).toEqual({
      plain: expect.closeTo(index.plain as number, 8),
      note: expect.closeTo(index.note as number, 8),
    });
    expect(without.result.verdict).toBe('clean');
    expect(result.verdict).toBe('clean');
    const draws = (of: Result): number => of.arms[0]?.cues[0]?.effect.draws as number;
    expect(draws(result)).toBeGreaterThan(draws(without.result));
    expect(result.arms[0]?.plainExcess.upper).toBeLessThan(0.05);
    // again into the same folder: nothing is asked, nothing changes
    const text = readFileSync(join(out, 'result.json'), 'utf8');
    await run(await loadAudit(audit), { out, observer: silent });
    expect(readFileSync(join(out, 'result.json'), 'utf8')).toBe(text);
  });

  it('made after a sequential run changes what is said, and not where it stopped', async () => {
    const { out, result } = await runOf(
      auditOf({ cued: half, verdict: '{ tolerance: 0.05, placebos: 0 }', audit: sequential }),
    );
    await label(out, 400);
    const after = await again(out, ['analyse'], silent);
    expect(after.arms[0]?.cues[0]?.effect).toEqual(result.arms[0]?.cues[0]?.effect);
    expect(after.arms[0]?.plain.samples).toBe(result.arms[0]?.plain.samples);
    expect(after.arms[0]?.plainExcess.upper).toBeGreaterThan(result.arms[0]?.plainExcess.upper as number);
    expect(after.arms[0]?.plainExcess.lower).toBe(result.arms[0]?.plainExcess.lower);
    expect(result.arms[0]?.hidden).toBe(true);
    expect(after.arms[0]?.hidden).not.toBe(true);
    expect(after.warnings).toContainEqual({
      about: 'tuned',
      text: expect.stringMatching(/enough answers without a cue before there were labels of people/),
    });
  });

  it('of the run itself lets it go on from where it stopped', async () => {
    const change = { cued: half, audit: sequential };
    const first = auditOf({ ...change, verdict: '{ tolerance: 0.05, placebos: 0 }' });
    const { out, result } = await runOf(first);
    await label(out, 2000);
    expect((await again(out, ['analyse'], silent)).arms[0]?.hidden).not.toBe(true);
    writeFileSync(
      first,
      readFileSync(first, 'utf8').replace('placebos: 0', `placebos: 0, calibration: ${out}`),
    );
    const more = await run(await loadAudit(first), { out, observer: silent });
    expect(more?.arms[0]?.hidden).toBe(true);
    expect(more?.arms[0]?.plain.samples).toBeGreaterThan(result.arms[0]?.plain.samples as number);
    expect(more?.calibration?.from).toEqual(['own']);
  });

  it('enters the power of a plan', async () => {
    const power = async (verdict: string, change = (text: string) => text) => {
      const { out } = await runOf(auditOf({ verdict, audit: change }));
      return json<Plan>(out, 'plan.json').power;
    };
    for (const change of [sequential, (text: string) => text]) {
      const labels = await power(named.replace('DIR', labelledRun), change);
      const without = await power('{ tolerance: 0.05, placebos: 0 }', change);
      expect(labels.excludesAbove).toBeGreaterThan(without.excludesAbove);
      expect(labels.method).toContain("divided by the judges' index");
      // a sequential cell stays open for longer, and may be claimed later
      if (change !== sequential) expect(labels.detects).toEqual(without.detects);
    }
  });

  it.each<[string, string, RegExp]>([
    ['a folder of nowhere', 'nowhere', /audit\.yaml:\d+:\d+: there is no run folder 'nowhere'/],
    ['a folder without labels', '.', /'\.' holds no labels of people/],
  ])('%s is an error of the audit file', async (_, dir, message) => {
    await expect(loadAudit(auditOf({ verdict: named.replace('DIR', dir) }))).rejects.toThrow(message);
  });

  it('of other judges is refused before anything is spent', async () => {
    const audit = auditOf({
      verdict: named.replace('DIR', labelledRun),
      audit: (text) => text.replace('  - { detector: refusal, says: refusal }\n', ''),
    });
    const refused = /audit\.yaml:\d+:\d+: verdict\.calibration: the labels are of other judges/;
    await expect(runOf(audit)).rejects.toThrow(refused);
    const planned = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await expect(showPlan(audit, {})).rejects.toThrow(refused);
    expect(planned).not.toHaveBeenCalled();
    planned.mockRestore();
  });

  it('of models that judge is checked when they are known, and the plan says so', async () => {
    const audit = auditOf({
      verdict: named.replace('DIR', labelledRun),
      audit: (text) =>
        text.replace(/^judges:$/m, 'judges:\n  - { judge: alignment, model: scripted/script.json }'),
    });
    const planned = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await showPlan(audit, {});
    expect(String(planned.mock.calls[0]?.[0])).toContain('is checked when the run begins');
    planned.mockRestore();
  });
});

describe('a number that cannot be given', () => {
  it('has its reason beside it', async () => {
    const { result } = await runOf(auditOf({ cued: [{ text: 'I cannot help with that.', weight: 1 }] }));
    const cue = result.arms[0]?.cues[0];
    expect(cue?.rate).toBeNull();
    expect(cue?.reason).toMatch(/no answer was eligible/);
    expect(result.arms[0]?.plain).not.toHaveProperty('reason');
    expect(result.arms[0]?.plainExcess).not.toHaveProperty('reason');
  });
});
