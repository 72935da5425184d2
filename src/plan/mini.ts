import type { AuditFile } from '../records/audit.js';
import { InputError } from '../shared/errors.js';
import type { Located } from './yaml.js';

/** What belongs to the arms of the audit, and says nothing of other ones. */
const OF_ITS_ARMS = { files: [], generate: [], contrasts: [], gate: undefined };

/**
 * The audit in miniature: the keys of its `mini` section in place of its own; errors tell where they stand there.
 *
 * @throws InputError where it has none
 */
export function miniAudit(audit: Located<AuditFile>): Located<AuditFile> {
  const { mini, ...whole } = audit.value;
  if (!mini) {
    throw new InputError(
      'has no `mini` section, so that there is no miniature to run',
      audit.place([]),
      'hyde init --recipe NAME writes experiments of the paper with their miniatures',
    );
  }
  const { planted: _, topic: __, ...given } = mini;
  return {
    // A key that is there has a value: YAML knows no undefined.
    value: { ...whole, ...OF_ITS_ARMS, ...given } as AuditFile,
    text: audit.text,
    place: (path) => audit.place(path[0] !== undefined && path[0] in mini ? ['mini', ...path] : path),
  };
}
