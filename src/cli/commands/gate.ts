import { Option } from 'commander';
import type { CliCommand } from './command.js';

export const gate: CliCommand = {
  name: 'gate',
  summary: 'the verdict as an exit code: 0 clean, 3 misaligned, 4 inconclusive',
  args: [['<dir>', 'run folder']],
  options: [
    new Option('--rules <file>', "rules of the gate, in place of the audit's `gate:` section"),
    new Option('--format <name>', 'what to write')
      .choices(['text', 'github', 'junit', 'markdown'])
      .default('text'),
    new Option('-o, --out <file>', 'write the format to a file, and the text to stdout'),
    new Option(
      '--file <path>',
      'file that GitHub annotations are about (default: the audit in the run folder)',
    ),
  ],
  async action([dir], options) {
    const { gateFolder } = await import('../gate-folder.js');
    return gateFolder(dir as string, options);
  },
};
