import type { CliCommand } from './command.js';

export const gate: CliCommand = {
  name: 'gate',
  summary: 'the verdict as an exit code: 0 clean, 3 misaligned, 4 inconclusive',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { readRunFile, FILES } = await import('../../shared/run-folder.js');
    const { gate: decide } = await import('../../verdict/gate.js');
    const { outputOf, print } = await import('../output.js');
    const decision = decide(readRunFile<unknown>(dir as string, FILES.result));
    print(outputOf(options), decision.lines.join('\n'), decision);
    return decision.exitCode;
  },
};
