import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const here = new URL('.', import.meta.url).pathname;
const threeRounds = join(here, 'three-rounds.mjs');
const ownDriver = join(here, 'own-driver.mjs');

/** A case with a slow scripted model, so that there is time to be killed in. */
function slowCase(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-case-'));
  cpSync(join(here, '../runs/_data'), join(folder, '_data'), { recursive: true });
  cpSync(join(here, `../runs/${name}`), join(folder, 'case'), { recursive: true });
  const file = join(folder, 'case', 'script.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), delay: 1 }));
  return join(folder, 'case', 'audit.yaml');
}

/** Runs the program; kills it with SIGKILL after some milliseconds, where they are given. */
function runOnce(program: string, audit: string, out: string, killAfter?: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, audit, out], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? `${code} ${errors}`);
    });
  });
}

/** All records of a run folder without `meta`, by file, in the order of their keys. */
function records(out: string): Record<string, string[]> {
  const files = ['samples', 'scores'].flatMap((folder) =>
    readdirSync(join(out, folder)).map((name) => join(folder, name)),
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

describe('a run of several rounds that is killed again and again', () => {
  it.each([
    ['with three planned rounds', threeRounds, 'conditional-hidden'],
    ['of a sequential design', ownDriver, 'sequential-conditional'],
  ])(
    'goes on where it stopped, asks nothing twice, and holds what an undisturbed run holds: %s',
    async (_, program, name) => {
      const audit = slowCase(name);
      const undisturbed = mkdtempSync(join(tmpdir(), 'hyde-whole-'));
      expect(await runOnce(program, audit, undisturbed)).toBe('0 ');

      const disturbed = mkdtempSync(join(tmpdir(), 'hyde-killed-'));
      let kills = 0;
      // Each life is a little longer than the last, so that the kills fall into every stage and it comes to an end.
      for (let life = 250; ; life += 60) {
        const end = await runOnce(program, audit, disturbed, life);
        if (end !== 'SIGKILL') {
          expect(end).toBe('0 ');
          break;
        }
        kills++;
      }
      expect(kills).toBeGreaterThan(3);

      const [whole, pieced] = [records(undisturbed), records(disturbed)];
      expect(pieced).toEqual(whole);
      const samples = Object.entries(pieced).flatMap(([file, lines]) =>
        file.startsWith('samples') ? lines : [],
      );
      expect(new Set(samples).size).toBe(samples.length);
      const result = (out: string): unknown => JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
      expect(result(disturbed)).toEqual(result(undisturbed));
      expect(existsSync(join(disturbed, '.lock'))).toBe(false);
    },
    60_000,
  );

  it('decides its later rounds by the outcomes of the earlier ones', async () => {
    const out = mkdtempSync(join(tmpdir(), 'hyde-whole-'));
    expect(await runOnce(threeRounds, join(here, '../runs/conditional-hidden/audit.yaml'), out)).toBe('0 ');
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
