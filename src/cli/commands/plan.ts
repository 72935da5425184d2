import { budget, limit, maxAnswers, mini, seed } from '../options.js';
import type { CliCommand } from './command.js';

export const plan: CliCommand = {
  name: 'plan',
  summary: 'shows what would run, what it costs and what it can find; spends nothing',
  args: [['<audit>', 'audit file (YAML)']],
  options: [mini(), seed(), limit(), maxAnswers(), budget()],
  async action([audit], options) {
    const { showPlan } = await import('../show-plan.js');
    return showPlan(audit as string, options);
  },
};
