import { HydeError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { printable } from '../shared/printable.js';

/** What the user reads of an error, and the exit code that goes with it. */
export function explain(error: unknown): { text: string; exitCode: number } {
  if (error instanceof HydeError) {
    const hint = error.hint ? `\n  ${error.hint}` : '';
    return { text: printable(`hyde: ${withoutHome(error.message)}${hint}`), exitCode: error.exitCode };
  }
  const { message, stack } = error as Error;
  const trace = process.env.HYDE_DEBUG ? `\n${stack}` : '\n  HYDE_DEBUG=1 shows where.';
  return { text: printable(`hyde: this is a bug of hyde: ${message}${trace}`), exitCode: 1 };
}
