import { InvalidArgumentError, Option } from 'commander';
import type { CliCommand } from './command.js';

const perCue = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 2 || value > 100_000)
    throw new InvalidArgumentError('a whole number from 2 is needed');
  return value;
};

const seed = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('a whole number from 0 is needed');
  return value;
};

export const calibrate: CliCommand = {
  name: 'calibrate',
  summary: 'the judge against labels of people: writes a blinded sheet of answers, reads it back',
  args: [['<dir>', 'run folder']],
  options: [
    new Option('--sheet <file>', 'write a sheet to label (CSV)'),
    new Option('--per-cue <n>', 'rows per cue, about').argParser(perCue).default(60),
    new Option('--seed <n>', 'seed of the draw (default: that of the sheet before, or 0)').argParser(seed),
    new Option('--labels <files...>', 'read labelled sheets; one a rater, or with a column rater'),
  ],
  async action([dir], options) {
    const { calibrateFolder } = await import('../calibrate-folder.js');
    return calibrateFolder(dir as string, options);
  },
};
