import { InputError } from '../shared/errors.js';

/** Options of `hyde mine` that say something of training rows. */
const OF_DATA = [
  'data',
  'label',
  'scores',
  'surprisal',
  'judge',
  'judgeModel',
  'above',
  'reference',
  'ladders',
];

/**
 * Refuses options that would be ignored, for candidates from a run folder or, without one, from data.
 *
 * @throws InputError that names them
 */
export function checkMineOptions(dir: string | undefined, options: Record<string, unknown>): void {
  if (dir === undefined) {
    if (options.above !== undefined && ['scores', 'surprisal', 'judge'].every((name) => !options[name]))
      throw new InputError(
        '--above needs scores of rows',
        undefined,
        'give them with --scores, --surprisal or --judge, or leave --above out',
      );
    return;
  }
  const given = OF_DATA.filter((name) => options[name] !== (name === 'ladders' ? 0 : undefined));
  if (given.length > 0)
    throw new InputError(
      `${given.map(flagOf).join(', ')}: no training data is read where a run folder is mined`,
      undefined,
      'leave out either the run folder or these options',
    );
}

const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
