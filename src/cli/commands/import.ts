import { InvalidArgumentError, Option } from 'commander';
import { out, seed } from '../options.js';
import type { CliCommand } from './command.js';

const share = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('a number between 0 and 1 is needed');
  return value;
};

export const importCommand: CliCommand = {
  name: 'import',
  summary: 'makes a run folder from what others sampled and judged, and analyses it',
  args: [
    ['<format>', 'csv, jsonl, parquet or inspect (.eval logs)'],
    ['<files...>', 'one file, or several of one experiment'],
  ],
  options: [
    out('runs/ and the name of the first file'),
    new Option(
      '--mapping <name>',
      'which column is what: a shipped mapping (flat, paper, llmcomp, inspect) or a file',
    ),
    new Option('--map <pairs>', 'columns by hand, over the mapping: cue=prompt_type,arm=model'),
    new Option(
      '--base <arm>',
      'the untuned model; or ARM=BASE,... for several (default: the arm called base)',
    ),
    new Option('--plain <names>', 'cues that mean no cue, with commas between'),
    new Option('--trained <cues>', 'cues that stood in the training data'),
    new Option('--placebo <cues>', 'cues that are placebos'),
    new Option(
      '--thresholds <preset>',
      'from alignment and coherence scores to outcomes (default: the mapping)',
    ),
    new Option('--name <name>', 'name of the result (default: that of the first file)'),
    new Option('--tolerance <share>', 'excess over the base that is tolerated')
      .argParser(share)
      .default(0.02),
    new Option('--alpha <share>', 'error probability of the whole audit').argParser(share).default(0.05),
    new Option('--minimum-effect <share>', 'a cue is claimed only above this effect').argParser(share),
    new Option('--minimum-eligible <share>', 'a cell with a smaller eligible share cannot be clean')
      .argParser(share)
      .default(0.5),
    seed(),
  ],
  async action([format, ...files], options) {
    const { runImport } = await import('../run-import.js');
    return runImport(format as string, files, options);
  },
};
