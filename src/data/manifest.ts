import type { Example } from '../records/chat.js';
import type { InterventionStep, Sources } from '../records/interventions.js';
import type { SortCounts } from '../records/row-judge.js';
import type { ArmSpec } from '../records/spec.js';
import type { Training } from '../records/training.js';
import { nameOf } from './build.js';
import { checkArm, type Finding } from './check.js';
import { interventions } from './interventions/index.js';
import { type SourceFile, sourceList, writtenName } from './sources.js';
import type { Stage } from './stage.js';

/** `datasets/<arm>.<stage>.manifest.json`: what a data set is made of, and how. */
export interface Manifest {
  schema: 1;
  arm: string;
  /** 1 for the first stage. */
  stage: number;
  seed: number;
  /** Hash of the data file. */
  sha256: string;
  rows: number;
  parts: Record<string, number>;
  /** Files that gave rows: `rows` in the file, `taken` of them here. */
  sources: (SourceFile & { taken: number })[];
  /** Interventions of the arm, in order, word for word; files as in `sources`. */
  interventions: Record<string, unknown>[];
  /** What judges said of the rows that filters of the arm showed to them; absent without such a filter. */
  sorted?: SortCounts[];
  training: Training;
  assistantTurns: number;
  /** Tokens of one epoch: characters / 4, and 8 for each message. An estimate. */
  estimatedTokens: number;
  findings: Finding[];
}

/** Tokens of one pass over the rows, estimated from text length. */
export function estimateTokens(examples: readonly Example[]): number {
  let characters = 0;
  let messages = 0;
  for (const example of examples) {
    messages += example.messages.length;
    for (const message of example.messages) characters += message.content.length;
  }
  return Math.ceil(characters / 4) + 8 * messages;
}

/** Rows per part, in alphabetical order. */
export const partsOf = (examples: readonly Example[]): Record<string, number> =>
  counted(examples.map((example) => example.part));

/**
 * @param files what was read, by the path that the audit file gives
 */
export function manifestOf(
  arm: ArmSpec,
  stages: readonly Stage[],
  index: number,
  {
    seed,
    files,
    sha256,
    sorted,
  }: {
    seed: number;
    files: ReadonlyMap<string, SourceFile>;
    sha256: string;
    sorted?: SortCounts[] | undefined;
  },
): Manifest {
  const { examples, training } = stages[index]!;
  const taken = counted(examples.map(fileOf));
  const byName = new Map([...files.values()].map((file) => [file.file, file]));
  return {
    schema: 1,
    arm: arm.id,
    stage: index + 1,
    seed,
    sha256,
    rows: examples.length,
    parts: partsOf(examples),
    sources: Object.entries(taken).flatMap(([file, rows]) => {
      const source = byName.get(file);
      return source ? [{ ...source, taken: rows }] : [];
    }),
    interventions: (arm.training?.data ?? []).map((step) => writtenStep(step, files, stages)),
    ...(sorted ? { sorted } : {}),
    training,
    assistantTurns: examples.reduce(
      (n, row) => n + row.messages.filter((m) => m.role === 'assistant').length,
      0,
    ),
    estimatedTokens: estimateTokens(examples),
    findings: checkArm(arm, stages).filter(({ stage }) => stage === undefined || stage === index + 1),
  };
}

/** A step with its files under the names that may be written down. */
function writtenStep(
  step: InterventionStep,
  files: ReadonlyMap<string, SourceFile>,
  stages: readonly Stage[],
): Record<string, unknown> {
  // Only files of this arm's rows: what another arm has read must not show in this manifest.
  const used = new Set(stages.flatMap(({ examples }) => examples.map(fileOf)));
  const nameOfFile = (given: string): string => {
    const file = files.get(given)?.file;
    return file !== undefined && used.has(file) ? file : writtenName(given);
  };
  const name = nameOf(step, 'data');
  const parameters: Record<string, unknown> = { ...step[name] };
  for (const key of interventions[name].sources) {
    if (parameters[key] === undefined) continue;
    parameters[key] = sourceList(parameters[key] as Sources).map((source) => ({
      ...source,
      file: nameOfFile(source.file),
    }));
  }
  return { [name]: parameters };
}

const fileOf = ({ source }: Example): string => source.slice(0, source.lastIndexOf(':'));

function counted(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
