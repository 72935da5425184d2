/** Where the answers of an imported run come from; in `spec.json`. Hyde neither asked nor judged. */
export interface Imported {
  format: string;
  /** Base names and hashes of the files, and how many rows each gave. */
  files: { name: string; sha256: string; rows: number }[];
  /** Id of the mapping with what the command line changed in it, and the columns that were read by what they are. */
  mapping: string;
  columns: Record<string, string | string[]>;
  /** Preset by which scores became outcomes; null where the table has outcomes. */
  thresholds: { id: string; title: string } | null;
  /** Names that the table has for training seeds, by arm and number. */
  seeds: Record<string, Record<number, string>>;
  rows: number;
  /** Are texts of answers among the columns? Without them there is no `samples/`. */
  answers: boolean;
  /** Stands in place of the judges' hash in scores and result. */
  judge: string;
}

/** The sentence of the result that says so. */
export function importedSentence({ files, mapping, thresholds, rows }: Imported): string {
  const names = files.map(({ name, sha256 }) => `${name} (sha256 ${sha256.slice(0, 16)})`);
  const shown = names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
  const outcomes = thresholds
    ? `outcomes made of scores by '${thresholds.id}' (${thresholds.title})`
    : 'outcomes as given';
  return `Imported: ${rows} answers from ${shown}, mapping '${mapping}', ${outcomes}. They were sampled and judged elsewhere.`;
}
