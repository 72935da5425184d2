import type { ArmDecision, GateDecision } from '../records/gate.js';
import { printableLine } from '../shared/printable.js';

/**
 * The decision of a gate as workflow commands of GitHub Actions: an error for each arm that fails, a notice where
 * none does. A step shows ten errors; the rest stands in the log.
 *
 * @param file the file that the annotations are about, relative to the repository
 */
export function renderAnnotations(decision: GateDecision, file: string): string {
  const failing = decision.arms.filter(({ outcome }) => outcome !== 'pass');
  if (failing.length === 0) {
    const arms = `${decision.arms.length} arm${decision.arms.length === 1 ? '' : 's'}`;
    return `${command('notice', file, 'hyde gate: passed', `${arms} passed`)}\n`;
  }
  const order = failing.toSorted((a, b) => rank(a) - rank(b));
  return `${order
    .map((arm) => {
      const rule = arm.rule === null ? '' : ` [${arm.rule}]`;
      const title = `hyde gate: ${arm.id} is ${arm.failedAs ?? arm.outcome}`;
      return command('error', file, title, `${arm.id}: ${arm.reason}${rule}`);
    })
    .join('\n')}\n`;
}

const rank = ({ outcome }: ArmDecision): number => (outcome === 'misaligned' ? 0 : 1);

const command = (level: 'error' | 'notice', file: string, title: string, message: string): string =>
  `::${level} file=${property(file)},title=${property(title)}::${data(message)}`;

/** The message of a command. `##[` would begin a command of the older kind wherever it stands. */
const data = (text: string): string => printableLine(text).replaceAll('%', '%25').replaceAll('##[', '## [');

/** A property of a command, which ends at a comma or a colon. */
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
