import { basename, extname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Overrides } from '../plan/spec.js';
import { InputError } from '../shared/errors.js';
import { resource } from '../shared/package.js';

/** Parser of a whole number from `least` on, up to `most`. */
export const wholeFrom =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} is needed`);
    return value;
  };

/** Options that mean the same in every command that has them. */
export const out = (fallback: string): Option =>
  new Option('-o, --out <dir>', `run folder (default: ${fallback})`);
export const seed = (): Option =>
  new Option('--seed <n>', 'seed of the audit (default: the audit file)').argParser(wholeFrom(0));
export const limit = (): Option =>
  new Option('--limit <n>', 'only the first n questions').argParser(wholeFrom(1));
export const maxAnswers = (): Option =>
  new Option('--max-answers <n>', 'answers in all that a sequential audit may ask for').argParser(
    wholeFrom(1),
  );
export const budget = (): Option =>
  new Option('--budget <usd>', 'USD that the run may cost; it stops before more is spent').argParser(
    (text: string): number => {
      const value = Number(text);
      if (!Number.isFinite(value) || value <= 0)
        throw new InvalidArgumentError('an amount of USD above 0 is needed');
      return value;
    },
  );
/** For options that can be given again. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
export const reuseBase = (): Option =>
  new Option('--reuse-base <dir>', "take over the base's answers of another run with the same base");
export const noCache = (): Option =>
  new Option('--no-cache', 'ask for every answer, also where earlier runs hold it');
export const maxConnections = (): Option =>
  new Option('--max-connections <n>', 'requests in flight at one server at most (default: 500)').argParser(
    wholeFrom(1),
  );
export const mini = (): Option =>
  new Option('--mini', "the experiment in miniature, on the embedded model: the audit file's `mini` section");
export const dryRun = (): Option => new Option('--dry-run', 'show the plan and stop');

/** Path of the demo's audit file, or of the quick one's. */
export const demoAudit = (quick: boolean): string => resource('demo', quick ? 'quick.yaml' : 'audit.yaml');

/** What the flags change in an audit file. */
export const overridesOf = (options: Record<string, unknown>): Overrides => ({
  seed: options.seed as number | undefined,
  limit: options.limit as number | undefined,
  maxAnswers: options.maxAnswers as number | undefined,
  budget: options.budget as number | undefined,
  ...(options.mini ? { mini: true } : {}),
});

/** Where an audit runs: `-o`, or `runs/` and the name of its file; its miniature has a folder of its own. */
export function runFolderOf(audit: string, options: Record<string, unknown>): string {
  if (options.out === '') throw new InputError('-o names no folder');
  if (options.out !== undefined) return String(options.out);
  return join('runs', `${basename(audit, extname(audit))}${options.mini ? '-mini' : ''}`);
}
