import { Option } from 'commander';
import { wholeFrom } from '../options.js';
import type { CliCommand } from './command.js';

export const calibrate: CliCommand = {
  name: 'calibrate',
  summary: 'the judge against labels of people: writes a blinded sheet of answers, reads it back',
  args: [['<dir>', 'run folder']],
  options: [
    new Option('--sheet <file>', 'write a sheet to label (CSV)'),
    new Option('--per-cue <n>', 'rows per cue, about').argParser(wholeFrom(2, 100_000)).default(60),
    new Option('--seed <n>', 'seed of the draw (default: that of the sheet before, or 0)').argParser(
      wholeFrom(0),
    ),
    new Option('--labels <files...>', 'read labelled sheets; one a rater, or with a column rater'),
  ],
  async action([dir], options) {
    const { calibrateFolder } = await import('../calibrate-folder.js');
    return calibrateFolder(dir as string, options);
  },
};
