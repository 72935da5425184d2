import { Option } from 'commander';
import {
  budget,
  collect,
  dryRun,
  limit,
  maxAnswers,
  maxConnections,
  mini,
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
    mini(),
    seed(),
    limit(),
    maxAnswers(),
    maxConnections(),
    budget(),
    dryRun(),
    reuseBase(),
    noCache(),
    new Option(
      '--found <dir>',
      'in place of a search: ask under the cues that the search of this run folder found',
    ),
    new Option('--cue <id>', 'of these cues only this one; can be given again').argParser(collect),
    new Option('--detach', 'go on in the background; `hyde status` shows how far it is'),
  ],
  async action([audit], options) {
    if (options.detach === true) {
      const { runDetached } = await import('../run-detached.js');
      return runDetached(audit as string, options);
    }
    const { runAudit } = await import('../run-audit.js');
    return runAudit(audit as string, options);
  },
};
