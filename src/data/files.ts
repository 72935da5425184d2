import { existsSync } from 'node:fs';
import type { DataFile } from '../records/data-file.js';
import { InputError } from '../shared/errors.js';
import { trainingFile } from '../shared/package.js';
import { splitThought } from '../shared/trace.js';
import { answerOf } from './change.js';
import { type Finding, finding, withoutSystem } from './check.js';
import { anyOf } from './rules.js';
import type { FileReader } from './sources.js';
import type { DataContext } from './stage.js';

/** What is known of a file that an audit describes: `present` false, or what is not as described. */
export interface FileReport {
  file: string;
  present: boolean;
  rows: number;
  findings: Finding[];
}

/**
 * Holds a training file against what the audit says of it: rows, hash, rules that must find nothing, rows that another
 * file has too. A file that cannot be read as training data is an `error`; all else are warnings.
 *
 * @param folder the audit file's
 */
export async function checkFile(
  entry: DataFile,
  folder: string,
  reader: FileReader,
  detector: DataContext['detector'],
): Promise<FileReport> {
  const { file } = entry;
  if (!existsSync(trainingFile(folder, file))) return { file, present: false, rows: 0, findings: [] };
  try {
    return await described(entry, folder, reader, detector);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, present: true, rows: 0, findings: [{ level: 'error', text: error.message }] };
  }
}

async function described(
  { file, rows: expected, sha256, never, 'differs-from': other }: DataFile,
  folder: string,
  reader: FileReader,
  detector: DataContext['detector'],
): Promise<FileReport> {
  const rows = (await reader.read(file)).flatMap((source) => source.rows);
  const findings: Finding[] = [];
  const warn = (text: string, found: { source: string }[] = []): void => {
    findings.push(finding('warning', text, found));
  };
  if (expected !== undefined && rows.length !== expected) warn(`${expected} rows are expected`);
  const hash = reader.files.get(file)?.sha256;
  if (sha256 !== undefined && hash !== sha256)
    warn(`another file than the one described: its SHA-256 is ${hash}`);
  const finds = await anyOf(never, detector);
  const against = rows.filter((row) => finds(splitThought(answerOf(row)).text));
  if (against.length > 0) warn(`answers that its rules should have dropped: ${against.length}`, against);
  if (other !== undefined && existsSync(trainingFile(folder, other))) {
    const texts = new Set((await reader.read(other)).flatMap((source) => source.rows.map(withoutSystem)));
    const both = rows.filter((row) => texts.has(withoutSystem(row)));
    if (both.length > 0) warn(`rows with the same prompt and answer in ${other}: ${both.length}`, both);
  }
  return { file, present: true, rows: rows.length, findings };
}
