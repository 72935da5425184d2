import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/records/result.js';

const here = new URL('.', import.meta.url).pathname;

/** A program that runs an audit, and the case that it runs. */
interface Kind {
  program: string;
  name: string;
  /** Stages in which it is killed. */
  stages: string[];
  /** Further lines of its audit file. */
  more?: string;
}
const ALL = ['data', 'models', 'train', 'canary', 'sample', 'score', 'analyse'];
const program = join(here, 'three-rounds.mjs');
const threeRounds: Kind = { program, name: 'conditional-hidden', stages: ALL };
const judged: Kind = { program, name: 'judged-by-text', stages: ALL };
const sequential: Kind = {
  program: join(here, 'own-driver.mjs'),
  name: 'sequential-conditional',
  stages: ALL,
};

/** The same within a budget that ends before the audit is settled. */
const paid: Kind = {
  ...sequential,
  stages: ['pilot', 'sample', 'score', 'analyse'],
  more: 'prices: { scripted/script.json: { input: 100, output: 400 } }\n',
};

/** A case with a slow scripted model, so that there is time to be killed in, and with answers that fail. */
function slowCase({ name, more = '' }: Kind): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-case-'));
  cpSync(join(here, '../runs/_data'), join(folder, '_data'), { recursive: true });
  cpSync(join(here, `../runs/${name}`), join(folder, 'case'), { recursive: true });
  for (const file of ['script.json', 'judge.json'].map((one) => join(folder, 'case', one))) {
    if (!existsSync(file)) continue;
    const script = JSON.parse(readFileSync(file, 'utf8')) as { rules: { answers: object[] }[] };
    for (const rule of script.rules) rule.answers.push({ text: '', weight: 0.1, fails: true });
    writeFileSync(file, JSON.stringify({ ...script, delay: 1 }));
  }
  const audit = join(folder, 'case', 'audit.yaml');
  const text = readFileSync(audit, 'utf8');
  const limits = more ? 'budget: 5, max-answers: 900' : 'max-answers: 900';
  writeFileSync(audit, `${text.replace('design: sequential', `design: sequential, ${limits}`)}${more}`);
  return audit;
}

interface Ending {
  signal: NodeJS.Signals | null;
  code: number | null;
  errors: string;
}

/**
 * Runs the program in a folder that it is given by a relative name; kills it with SIGKILL when `when` says so, which
 * is asked every few milliseconds with the stages that this life has begun.
 */
function live(
  program: string,
  audit: string,
  out: string,
  when: (stages: string[], milliseconds: number) => boolean = () => false,
): Promise<Ending> {
  const log = join(out, 'log.jsonl');
  const before = existsSync(log) ? readFileSync(log, 'utf8').length : 0;
  return new Promise((resolve) => {
    const args = [program, audit, basename(out)];
    const child = spawn(process.execPath, args, { cwd: dirname(out), stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const start = performance.now();
    const timer = setInterval(() => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').slice(before).split('\n').slice(0, -1) : [];
      const entries = lines.map((line) => JSON.parse(line) as { kind: string; name: string });
      const stages = entries.filter(({ kind }) => kind === 'stage').map(({ name }) => name);
      if (when(stages, performance.now() - start)) child.kill('SIGKILL');
    }, 2);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      resolve({ signal, code, errors });
    });
  });
}

/** All records of a run folder without `meta`, by file, in the order of their keys. */
function records(out: string): Record<string, string[]> {
  const files = ['samples', 'scores', 'judgements'].flatMap((folder) =>
    existsSync(join(out, folder)) ? readdirSync(join(out, folder)).map((name) => join(folder, name)) : [],
  );
  return Object.fromEntries(
    [...files, 'models.jsonl', 'steps.jsonl'].map((file) => [
      file,
      readFileSync(join(out, file), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { meta: _, ...record } = JSON.parse(line) as Record<string, unknown>;
          return JSON.stringify(record);
        })
        .toSorted(),
    ]),
  );
}

const whole = async (program: string, audit: string): Promise<string> => {
  const out = join(mkdtempSync(join(tmpdir(), 'hyde-whole-')), 'run');
  expect(await live(program, audit, out)).toEqual({ signal: null, code: 0, errors: '' });
  return out;
};
const result = (out: string): unknown => JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));

describe.each([
  ['of three rounds', threeRounds],
  ['of a sequential design', sequential],
  ['with models that judge', judged],
  ['that has a pilot and a budget', paid],
])('a run %s that is killed', (_, kind) => {
  const { program } = kind;
  const audit = slowCase(kind);
  let undisturbed: string;
  beforeAll(async () => {
    undisturbed = await whole(program, audit);
    expect((result(undisturbed) as Result).stopped).toBe(kind === paid ? 'budget' : undefined);
  });

  const expectTheSame = (out: string): void => {
    expect(records(out)).toEqual(records(undisturbed));
    expect(result(out)).toEqual(result(undisturbed));
    expect(existsSync(join(out, '.lock'))).toBe(false);
  };

  it.each(kind.stages)(
    'in the stage %s, it goes on and holds what an undisturbed run holds',
    async (stage) => {
      const out = join(mkdtempSync(join(tmpdir(), 'hyde-killed-')), 'run');
      expect((await live(program, audit, out, (stages) => stages.includes(stage))).signal).toBe('SIGKILL');
      expect(await live(program, audit, out)).toEqual({ signal: null, code: 0, errors: '' });
      expectTheSame(out);
    },
    60_000,
  );

  it('again and again, it asks nothing twice', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'hyde-killed-')), 'run');
    let kills = 0;
    // Each life is a little longer than the last, so that it comes to an end.
    for (let life = 200; ; life *= 1.3) {
      const { signal, code, errors } = await live(
        program,
        audit,
        out,
        (_stages, milliseconds) => milliseconds > life,
      );
      if (signal === null) {
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
        break;
      }
      kills++;
    }
    expect(kills).toBeGreaterThan(3);
    expectTheSame(out);
    for (const [folder, failed] of Object.entries({
      samples: '"finish":"failed"',
      judgements: '"failed":true',
    })) {
      const lines = Object.entries(records(out)).flatMap(([file, of]) => (file.startsWith(folder) ? of : []));
      expect(new Set(lines).size).toBe(lines.length);
      expect(lines.length === 0 || lines.some((line) => line.includes(failed))).toBe(true);
    }
  }, 60_000);
});

describe('a run of three rounds', () => {
  it('decides its later rounds by the outcomes of the earlier ones', async () => {
    const out = await whole(threeRounds.program, join(here, '../runs/conditional-hidden/audit.yaml'));
    const lines = readFileSync(join(out, 'samples', 'tuned.0.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const asked = Map.groupBy(
      lines.map((line) => JSON.parse(line) as { cue: string }),
      ({ cue }) => cue,
    );
    expect(asked.get('note')).toHaveLength(3 * 6 * 8);
    expect(asked.get('plain')).toHaveLength(6 * 8);
  });
});
