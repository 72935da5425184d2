import type { Mix, Sources } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { capacity, choose, inTrainingOrder } from '../select.js';
import type { DataContext, Intervention, SourceRows } from '../stage.js';

/** Bad and benign rows by share; it makes the first stage. */
export const mix: Intervention<Mix> = {
  parts: ['bad', 'benign'],
  sources: ['bad', 'benign'],
  async apply(stages, { bad, benign, share, rows }, context) {
    const { seed, at, training } = context;
    if (stages.length > 0) {
      throw new InputError(
        `${at}: mix makes the first stage, so it comes first`,
        undefined,
        'A later stage is made by `posthoc`.',
      );
    }
    const badFiles = share > 0 ? await read('bad', bad, share, context) : [];
    const benignFiles = share < 1 ? await read('benign', benign, share, context) : [];
    const total = rows ?? largest(share, capacity(badFiles), capacity(benignFiles));
    if (total === 0) throw new InputError(`${at}: the files give no rows at a share of ${share}`);
    const badCount = Math.round(share * total);
    const benignCount = total - badCount;
    const of = `of ${total} rows at a share of ${share}`;
    const chosen = [
      ...choose(badFiles, badCount, {
        part: 'bad',
        salt: 'mix',
        seed,
        what: `${at}: ${badCount} bad rows (${of})`,
      }),
      ...choose(benignFiles, benignCount, {
        part: 'benign',
        salt: 'mix',
        seed,
        what: `${at}: ${benignCount} benign rows (${of})`,
      }),
    ];
    return [{ examples: inTrainingOrder(chosen, seed), training }];
  },
};

async function read(
  part: 'bad' | 'benign',
  sources: Sources | undefined,
  share: number,
  { at, read }: DataContext,
): Promise<SourceRows[]> {
  if (sources === undefined) {
    throw new InputError(`${at}: a share of ${share} needs ${part} rows, and there is no \`${part}\``);
  }
  return read(sources);
}

/** The most rows at which neither kind runs out. */
function largest(share: number, bad: number, benign: number): number {
  const enough = (rows: number): boolean => {
    const badRows = Math.round(share * rows);
    return badRows <= bad && rows - badRows <= benign;
  };
  let low = 0;
  let high = bad + benign;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (enough(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
