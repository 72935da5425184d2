import { existsSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { RE2JS } from 're2js';
import type { AuditFile } from '../records/audit.js';
import { Detector } from '../records/detector.js';
import type { JudgeSpec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';
import { type Located, readYaml } from './yaml.js';

/** Shipped detectors by id. */
export const shippedDetectors = (): string[] =>
  readdirSync(resource('detectors'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'));

/** The judges of an audit, each detector loaded and checked. */
export async function resolveJudges(audit: Located<AuditFile>, folder: string): Promise<JudgeSpec[]> {
  const judges: JudgeSpec[] = [];
  for (const [index, { detector: name, says }] of audit.value.judges.entries()) {
    const where = audit.place(['judges', index, 'detector']);
    const file = await readYaml(detectorPath(name, folder, where), Detector, name);
    const detector = file.value;
    for (const list of ['any', 'all'] as const) {
      for (const [i, condition] of (detector[list] ?? []).entries()) {
        const place = file.place([list, i]);
        if (Object.keys(condition).length !== 1)
          throw new InputError('a condition has exactly one key', place);
        if (condition.pattern !== undefined) checkPattern(condition.pattern, place);
      }
    }
    if ((detector.any === undefined) === (detector.all === undefined)) {
      throw new InputError(`detector '${detector.id}' needs either any or all`, file.place([]));
    }
    judges.push({ detector, says });
  }
  if (!judges.some((judge) => judge.says === 'misaligned')) {
    throw new InputError(
      "no judge says 'misaligned', so every answer would be aligned",
      audit.place(['judges']),
    );
  }
  return judges;
}

function detectorPath(name: string, folder: string, where: Place): string {
  if (/\.ya?ml$/.test(name)) return resolve(folder, name);
  const shipped = resource('detectors', `${name}.yaml`);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(shipped)) return shipped;
  throw new InputError(`no detector is called '${name}'`, where, didYouMean(name, shippedDetectors()));
}

function checkPattern(pattern: string, place: Place): void {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    throw new InputError(`is no regular expression (RE2): ${(error as Error).message}`, place);
  }
}
