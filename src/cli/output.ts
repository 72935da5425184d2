import { printable, printableJson } from '../shared/printable.js';

/** The streams of a command: results on stdout, everything else on stderr. */
export interface Output {
  json: boolean;
  color: boolean;
  width: number;
}

/** How to print, by the flags and the terminal. */
export function outputOf(options: Record<string, unknown>): Output {
  const wanted = options.color !== false && !process.env.NO_COLOR;
  return {
    json: options.json === true,
    color: wanted && (process.stdout.isTTY === true || Boolean(process.env.FORCE_COLOR)),
    width: process.stdout.columns ?? 100,
  };
}

/** Prints a text, or with --json a value, on stdout; nothing in it can act on a terminal. */
export function print(output: Output, text: string, value: unknown): void {
  process.stdout.write(output.json ? `${printableJson(value)}\n` : `${printable(text)}\n`);
}

/** The same for a text that brings its own colours, and whose words were made printable before. */
export function printPainted(output: Output, text: string, value: unknown): void {
  process.stdout.write(output.json ? `${printableJson(value)}\n` : `${text}\n`);
}
