import { InvalidArgumentError, Option } from 'commander';
import { resource } from '../shared/package.js';

/** Parser of a whole number from `least` on. */
export const wholeFrom =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
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
export const reuseBase = (): Option =>
  new Option('--reuse-base <dir>', "take over the base's answers of another run with the same base");
export const noCache = (): Option =>
  new Option('--no-cache', 'ask for every answer, also where earlier runs hold it');
export const maxConnections = (): Option =>
  new Option('--max-connections <n>', 'requests in flight at one server at most (default: 500)').argParser(
    wholeFrom(1),
  );
export const dryRun = (): Option => new Option('--dry-run', 'show the plan and stop');

/** Path of the demo's audit file, or of the quick one's. */
export const demoAudit = (quick: boolean): string => resource('demo', quick ? 'quick.yaml' : 'audit.yaml');

/** What the flags change in an audit file. */
export const overridesOf = (
  options: Record<string, unknown>,
): { seed?: number | undefined; limit?: number | undefined; maxAnswers?: number | undefined } => ({
  seed: options.seed as number | undefined,
  limit: options.limit as number | undefined,
  maxAnswers: options.maxAnswers as number | undefined,
});
