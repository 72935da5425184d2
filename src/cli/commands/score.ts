import { Option } from 'commander';
import { InputError } from '../../shared/errors.js';
import { budget, collect } from '../options.js';
import type { CliCommand } from './command.js';

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
    budget(),
    new Option('--injections', 'show what a judge says of answers that try to talk to it'),
  ],
  async action([dir], options) {
    const judges = (options.judge as string[] | undefined) ?? [];
    const model = options.model as string | undefined;
    const thresholds = options.thresholds as string | undefined;
    if (options.injections) {
      const { showInjections } = await import('../show-injections.js');
      return showInjections(judges, model, options);
    }
    if (dir === undefined) throw new InputError('names no run folder', undefined, 'hyde score DIR');
    if (model !== undefined && judges.length === 0) {
      throw new InputError('--model needs --judge: which judge is it?');
    }
    if (options.budget !== undefined && judges.length === 0) {
      throw new InputError('--budget needs --judge: the judges of the audit are paid for by its own');
    }
    const { runAgain } = await import('../again.js');
    const rejudge =
      judges.length || thresholds !== undefined
        ? { judges, model, thresholds, budget: options.budget as number | undefined }
        : undefined;
    return runAgain(dir, ['score', 'analyse', 'report'], options, rejudge);
  },
};
