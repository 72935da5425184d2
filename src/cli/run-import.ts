import { basename, extname, join } from 'node:path';
import { FORMATS, type Format } from '../import/formats.js';
import { importAnswers } from '../import/run.js';
import { renderTerminal } from '../report/terminal.js';
import { InputError } from '../shared/errors.js';
import { leanHeap } from '../shared/lean.js';
import { didYouMean } from '../shared/nearest.js';
import { outputOf, printPainted } from './output.js';
import { terminalObserver } from './progress.js';

/** Imports files into a run folder and prints the verdicts. */
export async function runImport(
  format: string,
  files: string[],
  options: Record<string, unknown>,
): Promise<number> {
  if (!(FORMATS as string[]).includes(format))
    throw new InputError(`no format is called '${format}'`, undefined, didYouMean(format, FORMATS));
  leanHeap();
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const list = (name: string): string[] => (text(name) ?? '').split(',').flatMap((part) => part.trim() || []);
  const first = files[0] as string;
  const name = text('name') ?? basename(first, extname(first));
  const out = text('out') ?? join('runs', basename(first, extname(first)));
  const result = await importAnswers({
    format: format as Format,
    files,
    out,
    mapping: text('mapping'),
    map: text('map'),
    plain: list('plain'),
    base: text('base'),
    thresholds: text('thresholds'),
    sources: { trained: list('trained'), placebo: list('placebo') },
    name,
    seed: (options.seed as number | undefined) ?? 0,
    verdict: {
      tolerance: options.tolerance as number,
      alpha: options.alpha as number,
      level: 0.95,
      minimumEffect: (options.minimumEffect as number | undefined) ?? 0,
      minimumEligible: options.minimumEligible as number,
    },
    observer: terminalObserver(options.quiet === true),
  });
  const output = outputOf(options);
  printPainted(output, `\n${renderTerminal(result, output)}\nnext: hyde report ${out}`, result);
  return 0;
}
