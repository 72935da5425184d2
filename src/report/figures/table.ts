import { csvCell } from '../../shared/csv.js';
import type { Figure, FigureCell } from './figure.js';

const COLUMNS = [
  'figure',
  'x',
  'arm',
  'dose',
  'cue',
  'source',
  'seed',
  'rate',
  'low',
  'high',
  'misaligned',
  'eligible',
  'samples',
] as const;

/**
 * The numbers of figures as CSV. Without a seed a line is of all training seeds, with its interval; a base has no dose and
 * no seed. A number that is not known is an empty cell.
 */
export function figuresCsv(figures: readonly Figure[]): string {
  const lines = figures.flatMap((figure, i) => {
    const sources = new Map(figure.cues.map(({ id, source }) => [id, source]));
    const row = (arm: string, dose: number | null, { cue, ...cell }: FigureCell): string[] => {
      const head = [i + 1, figure.x?.key ?? '', arm, dose ?? '', cue, sources.get(cue) ?? ''];
      const counts = ({
        misaligned,
        eligible,
        samples,
      }: Pick<FigureCell, 'misaligned' | 'eligible' | 'samples'>) => [misaligned, eligible, samples];
      const [low, high] = cell.interval ?? ['', ''];
      const all = [...head, '', cell.rate ?? '', low, high, ...counts(cell)];
      const each = cell.seeds.map((seed) => [...head, seed.seed, seed.rate ?? '', '', '', ...counts(seed)]);
      return [all, ...each].map((cells) => cells.map(csvCell).join(','));
    };
    return [
      ...figure.baseline.flatMap((cell) => row(figure.base?.id ?? '', null, cell)),
      ...figure.arms.flatMap((arm) => arm.cells.flatMap((cell) => row(arm.id, arm.x, cell))),
    ];
  });
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
