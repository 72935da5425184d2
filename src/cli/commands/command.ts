import type { Option } from 'commander';

/** One command of the command line. Heavy imports belong inside `action`. */
export interface CliCommand {
  name: string;
  summary: string;
  /** Positional arguments in commander's notation, with what they are. */
  args: [name: string, text: string][];
  options: Option[];
  /** Returns the exit code. */
  action(args: string[], options: Record<string, unknown>): Promise<number>;
}
