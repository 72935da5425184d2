import { rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type GateDecision, GateRules } from '../records/gate.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { renderAnnotations } from '../report/annotations.js';
import { renderComment } from '../report/comment.js';
import { renderJunit, renderJunitError } from '../report/junit.js';
import { HydeError, InputError } from '../shared/errors.js';
import { readJson, writeError, writeFileAtomic } from '../shared/files.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { gate } from '../verdict/gate.js';
import { outputOf, print } from './output.js';

/** Judges the result of a run folder, prints or writes it in the format asked for, and gives the exit code. */
export async function gateFolder(dir: string, options: Record<string, unknown>): Promise<number> {
  const format = String(options.format ?? 'text');
  const out = options.out === undefined ? undefined : String(options.out);
  const output = outputOf(options);
  if (out === '') throw new InputError('-o names no file');
  if (output.json && format !== 'text' && out === undefined) {
    throw new InputError(
      '--json and --format both want stdout',
      undefined,
      'write the format to a file with -o',
    );
  }
  // What an earlier run wrote must not stand for this one, whatever happens from here on.
  if (out !== undefined) removeOld(out);
  try {
    const { result, decision } = await decide(dir, options.rules as string | undefined);
    const lines = decision.lines.join('\n');
    const text = format === 'text' ? `${lines}\n` : rendered(format, decision, result, dir, options);
    if (out === undefined) {
      print(output, text.trimEnd(), decision);
    } else {
      writeFileAtomic(out, text);
      print(output, lines, decision);
    }
    return decision.exitCode;
  } catch (error) {
    if (format === 'junit' && out !== undefined && error instanceof HydeError) {
      writeFileAtomic(out, renderJunitError(error.message, basename(resolve(dir))));
    }
    throw error;
  }
}

/** Writes `junit.xml` into a run folder. */
export async function writeJunit(dir: string): Promise<string> {
  const { result, decision } = await decide(dir, undefined);
  const path = join(dir, FILES.junit);
  writeFileAtomic(path, renderJunit(decision, nameOf(result, dir)));
  return path;
}

/** The decision by the rules of a file, or else of the audit that the folder belongs to. */
async function decide(
  dir: string,
  rulesFile: string | undefined,
): Promise<{ result: unknown; decision: GateDecision }> {
  const result = readRunFile<unknown>(dir, FILES.result);
  const rules = rulesFile === undefined ? rulesOf(dir) : await rulesIn(rulesFile, result);
  const decision = gate(result, rules);
  refuseOld(dir, result as Result);
  return { result, decision };
}

/**
 * A run that was begun again, and stopped before its analysis, leaves the result of another plan behind.
 *
 * @throws InputError where plan and audit ask for what the result does not have
 */
function refuseOld(dir: string, result: Result): void {
  const plan = readJson<Plan>(join(dir, FILES.plan));
  const verdict = readJson<Spec>(join(dir, FILES.spec))?.verdict;
  const has = new Map(result.arms.map(({ id, cues }) => [id, new Set(cues.map((cue) => cue.id))]));
  const old = (what: string): never => {
    const hint = '`hyde run` with the audit goes on from where it stopped';
    throw new InputError(`result.json is older than the plan: ${what}`, { file: dir }, hint);
  };
  for (const { id } of plan?.arms ?? []) if (!has.has(id)) old(`it lacks the arm '${id}'`);
  for (const { id, arms } of plan?.cues ?? []) {
    for (const arm of arms ?? []) {
      if (has.get(arm)?.has(id) === false) old(`it lacks the cue '${id}' of the arm '${arm}'`);
    }
  }
  const [planned, counted] = [plan?.samplesPerQuestion, result.answersPerQuestion];
  if (typeof planned === 'number' && typeof counted === 'number' && planned !== counted) {
    old(`${planned} answers per question are planned, and it rests on ${counted}`);
  }
  for (const key of ['tolerance', 'alpha', 'minimumEligible'] as const) {
    const wanted = verdict?.[key];
    if (wanted !== undefined && wanted !== result[key])
      old(`its ${key} is ${result[key]}, and the audit's ${wanted}`);
  }
}

async function rulesIn(file: string, result: unknown): Promise<GateRules> {
  const { readRules } = await import('../plan/gate.js');
  return readRules(file, result);
}

function rulesOf(dir: string): GateRules {
  const rules = readJson<Spec>(join(dir, FILES.spec))?.gate;
  if (rules === undefined) return {};
  const parsed = GateRules.safeParse(rules);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    `the rules of the gate are malformed: ${issue?.path.join('.')} ${issue?.message}`,
    { file: join(dir, FILES.spec) },
    '`hyde run` writes the file anew from the audit',
  );
}

function rendered(
  format: string,
  decision: GateDecision,
  result: unknown,
  dir: string,
  options: Record<string, unknown>,
): string {
  switch (format) {
    case 'github':
      return renderAnnotations(decision, String(options.file ?? join(dir, FILES.audit)));
    case 'junit':
      return renderJunit(decision, nameOf(result, dir));
    default:
      return commentOf(decision, result);
  }
}

/** The gate checks what it decides by; the comment shows more, which a changed file may lack. */
function commentOf(decision: GateDecision, result: unknown): string {
  try {
    return renderComment(decision, result as Result);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InputError('result.json is malformed: it lacks what the comment shows');
  }
}

/** The audit's name; the folder's where the result has none. */
function nameOf(result: unknown, dir: string): string {
  const { name } = result as { name?: unknown };
  return typeof name === 'string' && name.trim() !== '' ? name : basename(resolve(dir));
}

function removeOld(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw writeError(error, path);
  }
}
