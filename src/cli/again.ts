import { join } from 'node:path';
import { again, type LateStage, type Rejudge } from '../again.js';
import { renderTerminal } from '../report/terminal.js';
import { leanHeap } from '../shared/lean.js';
import { FILES } from '../shared/run-folder.js';
import { interruptSignal } from './interrupt.js';
import { outputOf, printPainted } from './output.js';
import { terminalObserver } from './progress.js';

/** Does the last stages of a run folder again and prints its verdicts. */
export async function runAgain(
  dir: string,
  stages: LateStage[],
  options: Record<string, unknown>,
  rejudge?: Rejudge,
): Promise<number> {
  leanHeap();
  const observer = terminalObserver(options.quiet === true);
  const result = await again(dir, stages, observer, interruptSignal(), rejudge);
  const output = outputOf(options);
  printPainted(output, `\n${renderTerminal(result, output)}\nreport: ${join(dir, FILES.html)}`, result);
  return 0;
}
