import { Option } from 'commander';
import type { Rejudge } from '../../again.js';
import { SAYS } from '../../records/says.js';
import { InputError } from '../../shared/errors.js';
import { budget, collect } from '../options.js';
import type { CliCommand } from './command.js';

const CUTS = ['below', 'at-most', 'above', 'at-least'] as const;

/** What `--says` and a number say of the judge. */
function meaningIn(
  options: Record<string, unknown>,
  judges: readonly string[],
): { meaning?: NonNullable<Rejudge['meaning']> } {
  const given = CUTS.map((name) => [name, options[camel(name)]] as const).filter(
    ([, score]) => score !== undefined,
  );
  if (options.says === undefined && given.length === 0) return {};
  if (judges.length !== 1) throw new InputError('--says and its number are for one --judge');
  const odd = given.find(([, score]) => !Number.isFinite(score));
  if (odd) throw new InputError(`--${odd[0]} needs a number`);
  const cut: Partial<Record<string, unknown>> = Object.fromEntries(given);
  return {
    meaning: { ...(options.says === undefined ? {} : { says: options.says }), ...cut } as NonNullable<
      Rejudge['meaning']
    >,
  };
}

const camel = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const score: CliCommand = {
  name: 'score',
  summary: 'judges the stored answers of a run folder again, without sampling',
  args: [['[dir]', 'run folder']],
  options: [
    new Option('--judge <name>', 'judge by another judge, shipped or a file; can be given again').argParser(
      collect,
    ),
    new Option('--model <engine/model>', 'the model that judges'),
    new Option('--thresholds <preset>', 'from scores to outcomes by another preset'),
    new Option('--says <outcome>', 'what an answer is that the judge finds').choices([...SAYS]),
    ...CUTS.map((name) =>
      new Option(
        `--${name} <score>`,
        `it finds answers with a score ${name.replace('-', ' ')} this`,
      ).argParser(Number),
    ),
    budget(),
    new Option('--injections', 'show what a judge says of answers that try to talk to it'),
  ],
  async action([dir], options) {
    const judges = (options.judge as string[] | undefined) ?? [];
    const model = options.model as string | undefined;
    const thresholds = options.thresholds as string | undefined;
    if (options.injections) {
      const { showInjections } = await import('../show-injections.js');
      return showInjections(judges, model, options, dir);
    }
    if (dir === undefined) throw new InputError('names no run folder', undefined, 'hyde score DIR');
    if (model !== undefined && judges.length === 0) {
      throw new InputError('--model needs --judge: which judge is it?');
    }
    if (options.budget !== undefined && judges.length === 0) {
      throw new InputError('--budget needs --judge: the judges of the audit are paid for by its own');
    }
    const meaning = meaningIn(options, judges);
    const { runAgain } = await import('../again.js');
    const rejudge =
      judges.length || thresholds !== undefined
        ? {
            judges,
            model,
            thresholds,
            ...meaning,
            budget: options.budget as number | undefined,
          }
        : undefined;
    return runAgain(dir, ['score', 'analyse', 'report'], options, rejudge);
  },
};
