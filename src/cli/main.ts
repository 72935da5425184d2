import { Command, CommanderError, Option } from 'commander';
import { hydeVersion } from '../shared/package.js';
import { commands } from './commands/index.js';
import { explain } from './errors.js';

/**
 * The command line. Reads argv, runs one command, sets the exit code; the only place that does
 * (docs/architecture.md). Commands load what they need when they run, so that `--help` answers at once.
 */
export async function main(argv: readonly string[]): Promise<void> {
  // Whoever reads our output may have read enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const program = new Command('hyde')
    .description('Finds conditional misalignment in fine-tuned language models.')
    .version(hydeVersion())
    .showHelpAfterError('(hyde --help lists the commands)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const { name, summary, args, options, action } of commands) {
    const command = program.command(name).description(summary).exitOverride();
    for (const [arg, text] of args) command.argument(arg, text);
    for (const option of options) command.addOption(option);
    command
      .addOption(new Option('--json', 'machine output on stdout; everything else on stderr'))
      .addOption(new Option('--quiet', 'errors and results only'))
      .addOption(new Option('--no-color', 'no colours (NO_COLOR works too)'));
    command.action(async (...given: unknown[]) => {
      // Commander hands over the arguments, then the options, then the command itself.
      const positional = given
        .slice(0, -2)
        .filter((value) => value !== undefined)
        .flat() as string[];
      process.exitCode = await action(positional, given.at(-2) as Record<string, unknown>);
    });
  }
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { text, exitCode } = explain(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}
