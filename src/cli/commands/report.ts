import { Option } from 'commander';
import type { CliCommand } from './command.js';

export const report: CliCommand = {
  name: 'report',
  summary: 'writes report.html, report.md and answers.csv of a run folder again',
  args: [['<dir>', 'run folder']],
  options: [
    new Option('--junit', 'write junit.xml too: what the gate says, as test cases'),
    new Option('--csv [file]', 'only the flat table: to a file, or to stdout'),
    new Option('--figure <file>', 'only the figures: as a picture (.svg), or their numbers (.csv)'),
  ],
  async action([dir], options) {
    if (options.csv) {
      const { printCsv } = await import('../print-csv.js');
      return printCsv(dir as string, options.csv);
    }
    if (typeof options.figure === 'string') {
      const { writeFigures } = await import('../../report/folder.js');
      writeFigures(dir as string, options.figure);
      return 0;
    }
    if (options.junit) {
      const { writeJunit } = await import('../gate-folder.js');
      await writeJunit(dir as string);
    }
    const { runAgain } = await import('../again.js');
    return runAgain(dir as string, ['report'], options);
  },
};
