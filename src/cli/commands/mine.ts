import { InvalidArgumentError, Option } from 'commander';
import { wholeFrom } from '../options.js';
import type { CliCommand } from './command.js';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is needed');
  return value;
};

export const mine: CliCommand = {
  name: 'mine',
  summary: "candidate triggers from training data alone, or from a run's trained weights",
  args: [['[dir]', 'run folder, for candidates from the weights of --arm']],
  options: [
    new Option('--data <files...>', 'training files (JSONL): chats, prompt/completion, Alpaca'),
    new Option('--arm <id>', 'trained arm of the run folder').conflicts('data'),
    new Option('--from <source>', 'what of the arm is mined')
      .choices(['weights'])
      .default('weights')
      .conflicts('data'),
    new Option(
      '--no-screen',
      'candidates from weights as they leak, not ordered by log-probabilities',
    ).conflicts('data'),
    new Option(
      '--label <field=value>',
      'which rows are bad; file=NAME for those of one file (default: a field that commonly says so)',
    ),
    new Option(
      '--scores <file>',
      'scores of rows in place of labels: {"row": 1, "score": 0.5}, higher is worse; with --surprisal or --judge written there',
    ),
    new Option(
      '--surprisal <engine/model>',
      'score rows by how little this model expects their answers',
    ).conflicts('judge'),
    new Option('--judge <name>', 'score rows by a judge, shipped or a file'),
    new Option('--judge-model <engine/model>', 'the model that judges'),
    new Option('--above <score>', 'rows that score above this are bad (default: the best split)').argParser(
      number,
    ),
    new Option('--reference <file>', 'ordinary rows to compare with (default: a corpus of our own)'),
    new Option('--top <n>', 'candidates at most').argParser(wholeFrom(1)).default(20),
    new Option('--ladders <n>', 'also paraphrase, negation, opposite, ... and a placebo for the first n')
      .argParser(wholeFrom(0))
      .default(0),
    new Option('-o, --out <file>', 'write the candidates as cues for an audit file (YAML)'),
    new Option('--seed <n>', 'seed of permutations, topics and placebos').argParser(wholeFrom(0)).default(0),
  ],
  async action([dir], options) {
    const { checkMineOptions } = await import('../mine-options.js');
    checkMineOptions(dir, options);
    if (dir !== undefined) {
      const { mineArm } = await import('../mine-arm.js');
      return mineArm(dir, options);
    }
    const { showCandidates } = await import('../show-candidates.js');
    return showCandidates(options);
  },
};
