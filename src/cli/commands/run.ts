import {
  budget,
  dryRun,
  limit,
  maxAnswers,
  maxConnections,
  noCache,
  out,
  reuseBase,
  seed,
} from '../options.js';
import type { CliCommand } from './command.js';

export const run: CliCommand = {
  name: 'run',
  summary: 'runs an audit from its data to its verdict; run again, it goes on where it stopped',
  args: [['<audit>', 'audit file (YAML)']],
  options: [
    out('runs/ and the name of the audit file'),
    seed(),
    limit(),
    maxAnswers(),
    maxConnections(),
    budget(),
    dryRun(),
    reuseBase(),
    noCache(),
  ],
  async action([audit], options) {
    const { runAudit } = await import('../run-audit.js');
    return runAudit(audit as string, options);
  },
};
