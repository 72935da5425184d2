import { Option } from 'commander';
import { demoAudit, out, seed } from '../options.js';
import type { CliCommand } from './command.js';

export const demo: CliCommand = {
  name: 'demo',
  summary: 'the whole story on an embedded model: no key, no GPU, about ten minutes',
  args: [],
  options: [out('runs/demo'), seed(), new Option('--quick', 'one arm only, about two minutes')],
  async action(_args, options) {
    const { runAudit } = await import('../run-audit.js');
    const { demoIntroduction } = await import('../demo-text.js');
    const quick = options.quick === true;
    if (options.quiet !== true) process.stderr.write(demoIntroduction(quick));
    const out = quick && options.out === 'runs/demo' ? 'runs/demo-quick' : options.out;
    return runAudit(demoAudit(quick), { ...options, out });
  },
};
