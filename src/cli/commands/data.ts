import { limit, mini, out, seed } from '../options.js';
import type { CliCommand } from './command.js';

export const data: CliCommand = {
  name: 'data',
  summary: 'builds and checks the training data of an audit, and stops there',
  args: [['<audit>', 'audit file (YAML)']],
  options: [out('runs/ and the name of the audit file'), mini(), seed(), limit()],
  async action([audit], options) {
    const { buildData } = await import('../run-audit.js');
    return buildData(audit as string, options);
  },
};
