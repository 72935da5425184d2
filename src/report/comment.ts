import type { ArmDecision, GateDecision } from '../records/gate.js';
import type { Result } from '../records/result.js';
import { code, escapeMarkdown, renderMarkdown } from './markdown.js';

/** What the gate's part of a comment may take; the report's part leaves room for it (65,536 characters in all). */
const LONGEST = 5000;

/** Longest reason of one arm. */
const LONGEST_REASON = 500;

const WORDS = { pass: '✓ passes', misaligned: '◆ **fails**', inconclusive: '○ **inconclusive**' } as const;

/**
 * A comment for a pull request: a marker by which a later run finds it again, what the gate says of each arm and by
 * which rule, then the report in Markdown.
 */
export function renderComment(decision: GateDecision, result: Result): string {
  const word = { 0: 'passes', 3: 'found misalignment', 4: 'is inconclusive, which is never a pass' };
  const head = `${marker(result.name)}\n**The gate ${word[decision.exitCode]}.**`;
  const lines: string[] = [];
  let left = LONGEST - head.length - 100;
  for (const line of decision.arms.toSorted((a, b) => rank(a) - rank(b)).map(armLine)) {
    if (line.length + 1 > left) {
      lines.push(`- … and ${decision.arms.length - lines.length} more arms.`);
      break;
    }
    left -= line.length + 1;
    lines.push(line);
  }
  return `${head}\n\n${lines.join('\n')}\n\n${renderMarkdown(result)}`;
}

/** The first line of a comment, invisible in it; audits of different names have comments of their own. */
export function marker(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  return `<!-- hyde-gate:${slug} -->`;
}

const rank = ({ outcome }: ArmDecision): number => ['misaligned', 'inconclusive', 'pass'].indexOf(outcome);

function armLine({ id, outcome, reason, rule }: ArmDecision): string {
  const short = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
  const by = rule === null ? '' : ` (${code(rule)})`;
  return `- ${WORDS[outcome]}: ${code(id)}: ${escapeMarkdown(short)}${by}`;
}
