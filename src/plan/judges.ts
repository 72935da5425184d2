import type { AuditFile, JudgeEntry } from '../records/audit.js';
import { Judge, MEASURES } from '../records/judge.js';
import {
  asksTheSame,
  type Cut,
  type DetectorSpec,
  decides,
  isModelJudge,
  type JudgeSpec,
  type ModelJudgeSpec,
  measuresAlignment,
} from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { loadDetector, shippedOrFile } from './detectors.js';
import { modelRef } from './models.js';
import type { Providers } from './providers.js';
import { type Located, readYaml } from './yaml.js';

/** The judges of an audit, each detector and each judge's file loaded and checked. */
export async function resolveJudges(
  audit: Located<AuditFile>,
  folder: string,
  providers: Providers,
): Promise<JudgeSpec[]> {
  const judges: JudgeSpec[] = [];
  for (const [index, entry] of audit.value.judges.entries()) {
    const at = (key?: string): Place => audit.place(['judges', index, ...(key === undefined ? [] : [key])]);
    const judge = await resolveJudge(entry, folder, at, providers);
    const twins = isModelJudge(judge)
      ? judges.filter((other): other is ModelJudgeSpec => isModelJudge(other) && asksTheSame(other, judge))
      : [];
    if (isModelJudge(judge) && twins.some((twin) => isSameModel(twin, judge))) {
      throw new InputError(`judge '${judge.judge.id}' stands here twice, with the same model`, at('judge'));
    }
    judges.push(isModelJudge(judge) && twins.length > 0 ? { ...judge, beside: true } : judge);
  }
  checkPanel(judges, audit.place(['judges']));
  return judges;
}

const isSameModel = (a: ModelJudgeSpec, b: ModelJudgeSpec): boolean =>
  a.model.engine === b.model.engine && a.model.model === b.model.model;

/** @throws InputError for judges that together can never say `misaligned`, or measure one thing twice */
export function checkPanel(judges: readonly JudgeSpec[], place?: Place): void {
  const deciding = judges.filter(decides);
  if (!deciding.some(canSayMisaligned)) {
    throw new InputError("no judge says 'misaligned', so every answer would be aligned", place);
  }
  const measured = deciding.map((judge) =>
    isModelJudge(judge) && judge.says === null ? judge.judge.measures : undefined,
  );
  for (const measure of MEASURES) {
    if (measured.filter((one) => one === measure).length > 1) {
      throw new InputError(
        `two judges measure ${measure}`,
        place,
        'give one of them `says` and a number of its own',
      );
    }
  }
}

function canSayMisaligned(judge: JudgeSpec): boolean {
  if (judge.says === 'misaligned') return true;
  if (!isModelJudge(judge)) return false;
  const words = Object.values(judge.judge.options ?? {});
  return judge.says !== 'behaviour' && (words.includes('misaligned') || measuresAlignment(judge));
}

async function resolveJudge(
  entry: JudgeEntry,
  folder: string,
  at: (key?: string) => Place,
  providers: Providers,
): Promise<JudgeSpec> {
  if (entry.detector !== undefined) {
    const odd = (['judge', 'model', ...CUTS, ...OVERRIDES] as const).find((key) => entry[key] !== undefined);
    if (odd) throw new InputError(`a detector has no '${odd}'`, at(odd));
    return resolveDetector(entry.detector, entry.says, folder, at);
  }
  if (entry.judge === undefined) throw new InputError('needs either detector or judge', at());
  const judge = await loadJudge(entry.judge, folder, at('judge'));
  return modelJudge(judge, entry, at, providers);
}

async function resolveDetector(
  name: string,
  says: JudgeEntry['says'],
  folder: string,
  at: (key?: string) => Place,
): Promise<DetectorSpec> {
  const detector = await loadDetector(name, folder, at('detector'));
  if (says === undefined)
    throw new InputError(`says is missing: what is an answer that '${name}' finds?`, at());
  return { detector, says };
}

/**
 * A judge by its shipped id or its file, checked.
 *
 * @throws InputError with file and line, and the nearest id for one that is not there
 */
export async function loadJudge(name: string, folder: string, place?: Place): Promise<Judge> {
  const file = await readYaml(shippedOrFile('judge', name, folder, place), Judge, name);
  const judge = file.value;
  if (!judge.scale && Object.keys(judge.options ?? {}).length < 2) {
    throw new InputError('needs a scale, or two options or more', file.place([]));
  }
  if (judge.scale && judge.scale.from >= judge.scale.to) {
    throw new InputError('from is not below to', file.place(['scale']));
  }
  const measures = judge.measures ?? MEASURES.find((measure) => measure === judge.id);
  if (measures && !(judge.scale?.from === 0 && judge.scale.to === 100)) {
    throw new InputError(`${measures} is a scale from 0 to 100`, file.place(['scale']));
  }
  return { ...judge, ...(measures ? { measures } : {}) };
}

/** Keys of an entry that stand in place of the judge file's. */
const OVERRIDES = ['options', 'aggregation', 'temperature'] as const;

const CUTS = ['below', 'at-most', 'above', 'at-least'] as const;

/** The judge with what its entry says otherwise. @throws InputError for a word that the judge does not say */
function overridden(
  judge: Judge,
  { options, aggregation, temperature }: JudgeEntry,
  at: (key?: string) => Place | undefined,
): Judge {
  const words = Object.keys(judge.options ?? {});
  const unknown = Object.keys(options ?? {}).find((word) => !words.includes(word));
  if (unknown !== undefined) {
    throw new InputError(
      `judge '${judge.id}' never says '${unknown}'`,
      at('options'),
      didYouMean(unknown, words),
    );
  }
  return {
    ...judge,
    ...(options ? { options: { ...judge.options, ...options } } : {}),
    aggregation: aggregation ?? judge.aggregation,
    temperature: temperature ?? judge.temperature,
  };
}

/** An entry of the audit (or of the command line) with its judge: what its answers will mean. */
export function modelJudge(
  file: Judge,
  entry: JudgeEntry,
  at: (key?: string) => Place | undefined,
  providers?: Providers,
): ModelJudgeSpec {
  const judge = overridden(file, entry, at);
  const name = entry.model ?? judge.model;
  if (name === undefined) {
    const hint = 'write model: engine/model; docs/judges.md names one with open weights';
    throw new InputError(`does not say which model judges by '${judge.id}'`, at('judge'), hint);
  }
  const model = modelRef(
    name,
    (message, hint) => {
      throw new InputError(message, at('model'), hint);
    },
    providers,
  );
  const cuts: Cut[] = CUTS.flatMap((is) => (entry[is] === undefined ? [] : [{ is, than: entry[is] }]));
  if (cuts.length > 1) throw new InputError('has two numbers: one of below, at-most, above, at-least', at());
  const cut = cuts[0] ?? null;
  const says = entry.says ?? null;
  if (cut && !judge.scale) throw new InputError(`judge '${judge.id}' gives no scores`, at(cut.is));
  if (cut && !says) throw new InputError(`says is missing: what is an answer ${cut.is} ${cut.than}?`, at());
  const words = Object.values(judge.options ?? {});
  const finds = cut !== null || words.includes('found');
  if (says && !finds) {
    const why = judge.scale
      ? 'needs a number: below, at-most, above or at-least'
      : 'has no option that means found';
    throw new InputError(`judge '${judge.id}' ${why}`, at('says'));
  }
  if (!says && finds)
    throw new InputError(`says is missing: what is an answer that '${judge.id}' finds?`, at());
  if (!says && !judge.measures && words.every((word) => word === 'none')) {
    const hint = 'add says, and a number: below, at-most, above or at-least';
    throw new InputError(`nothing says what the scores of '${judge.id}' mean`, at(), hint);
  }
  return { judge, model, says, cut, beside: false };
}
