import { Option } from 'commander';
import { demoAudit, dryRun, limit, out, seed } from '../options.js';
import type { CliCommand } from './command.js';

export const demo: CliCommand = {
  name: 'demo',
  summary: 'the whole story on an embedded model: no key, no GPU, about ten minutes',
  args: [],
  options: [
    out('runs/demo'),
    seed(),
    limit(),
    dryRun(),
    new Option('--quick', 'one arm only, about two minutes'),
  ],
  async action(_args, options) {
    const { runAudit } = await import('../run-audit.js');
    const { demoIntroduction } = await import('../demo-text.js');
    const quick = options.quick === true;
    if (options.quiet !== true) process.stderr.write(demoIntroduction(quick));
    const folder = options.out ?? (quick ? 'runs/demo-quick' : 'runs/demo');
    // The whole story: nothing of it is taken from an earlier one.
    return runAudit(demoAudit(quick), { ...options, out: folder, cache: false });
  },
};
