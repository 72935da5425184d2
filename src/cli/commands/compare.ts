import type { CliCommand } from './command.js';

export const compare: CliCommand = {
  name: 'compare',
  summary: 'runs side by side: rates, effects, paired differences to the first, verdicts that changed',
  args: [['<dirs...>', 'run folders; the first is what the others are compared with']],
  options: [],
  async action(dirs, options) {
    const { showComparison } = await import('../show-comparison.js');
    return showComparison(dirs, options);
  },
};
