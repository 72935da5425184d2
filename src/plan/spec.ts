import { basename, dirname, extname, resolve } from 'node:path';
import { AuditFile } from '../records/audit.js';
import { BASE, PLAIN } from '../records/ids.js';
import type { ArmSpec, BaseSpec, Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resolveCalibration } from './calibration.js';
import { resolveCues } from './cues.js';
import { checkRules } from './gate.js';
import { resolveJudges } from './judges.js';
import { launchOf } from './launch.js';
import { modelRef, resolveBases } from './models.js';
import { knownProviders, type Providers, servedRefs, usedProviders } from './providers.js';
import { resolveQuestions } from './questions.js';
import { resolveThresholds } from './thresholds.js';
import { type Located, parseYaml, readYaml } from './yaml.js';

/** What the command line changes in an audit file. */
export interface Overrides {
  seed?: number | undefined;
  /** Only the first so many questions. */
  limit?: number | undefined;
  /** Answers in all that a sequential design may ask for. */
  maxAnswers?: number | undefined;
  /** USD that the run may cost. */
  budget?: number | undefined;
}

/** From this many questions on a design is sequential unless the audit file says otherwise. */
const SEQUENTIAL_FROM = 48;

/** An audit file as a total spec, and its text as it was given. */
export interface LoadedAudit {
  spec: Spec;
  text: string;
}

/**
 * Reads an audit file and settles every default, file and id.
 *
 * @throws InputError with file, line and column
 */
export async function loadAudit(path: string, overrides: Overrides = {}): Promise<LoadedAudit> {
  const audit = await readYaml(path, AuditFile);
  return { spec: await toSpec(audit, path, overrides), text: audit.text };
}

/** The same from a text; relative paths in it refer to the folder of `path`. */
export async function parseAudit(
  text: string,
  path: string,
  overrides: Overrides = {},
): Promise<LoadedAudit> {
  return { spec: await toSpec(parseYaml(text, AuditFile, path), path, overrides), text };
}

async function toSpec(audit: Located<AuditFile>, path: string, overrides: Overrides): Promise<Spec> {
  const file = audit.value;
  const folder = dirname(resolve(path));
  const providers = knownProviders(file.providers, (name) => audit.place(['providers', name]));
  const bases = resolveBases(audit, providers);
  const arms = resolveArms(audit, bases, providers);
  if (file.sampling.temperature === 0 && file.sampling.samples > 1) {
    throw new InputError(
      'temperature 0 gives the same answer every time, and copies are no further evidence',
      audit.place(['sampling', 'samples']),
      'set samples: 1, or a temperature above 0',
    );
  }
  const questions = await resolveQuestions(audit, folder);
  const cues = await resolveCues(audit, arms);
  for (const [index, cue] of cues.entries()) {
    const variants = cue.transforms.flatMap((t) => (t.kind === 'variant' ? [t.name] : []));
    const has = questions.some((question) =>
      variants.every((name) => Object.hasOwn(question.variants, name)),
    );
    if (variants.length && !has) {
      const known = new Set(questions.flatMap((question) => Object.keys(question.variants)));
      throw new InputError(
        `cue '${cue.id}': no question has a variant '${variants.join("', '")}'`,
        audit.place(['cues', index]),
        known.size ? didYouMean(variants[0] as string, known) : 'these questions have no variants',
      );
    }
  }
  const calibration = resolveCalibration(audit, folder);
  const asked = questions.slice(0, overrides.limit);
  const baseless = arms.findIndex(({ base }) => base === null);
  const design =
    file.run.design ?? (asked.length >= SEQUENTIAL_FROM && baseless < 0 ? 'sequential' : 'fixed');
  if (design === 'sequential' && baseless >= 0) {
    throw new InputError(
      'a sequential design asks the base in each draw, and this arm has none',
      audit.place(['arms', baseless]),
      'name its base, or set run: { design: fixed }',
    );
  }
  const maxAnswers = overrides.maxAnswers ?? file.run['max-answers'] ?? null;
  if (design === 'fixed' && maxAnswers !== null) {
    throw new InputError(
      'max-answers is for a sequential design, and this one is fixed',
      audit.place(['run']),
      'a fixed design asks for as many answers as sampling.samples says',
    );
  }
  const judges = await resolveJudges(audit, folder, providers);
  return {
    name: file.name ?? basename(path, extname(path)),
    file: basename(path),
    overrides,
    folder,
    bases: [...bases.values()],
    arms,
    cues,
    questions: asked,
    sampling: {
      samples: file.sampling.samples,
      temperature: file.sampling.temperature,
      topP: file.sampling['top-p'],
      maxTokens: file.sampling['max-tokens'],
    },
    judges,
    thresholds: await resolveThresholds(file.thresholds, audit.place(['thresholds'])),
    verdict: {
      tolerance: file.verdict.tolerance,
      alpha: file.verdict.alpha,
      level: file.verdict.level,
      minimumEffect: file.verdict['minimum-effect'],
      minimumEligible: file.verdict['minimum-eligible'],
      ...(calibration === undefined ? {} : { calibration }),
    },
    seed: overrides.seed ?? file.run.seed,
    design,
    round: file.run.round,
    maxAnswers,
    providers: usedProviders(providers, servedRefs({ bases: [...bases.values()], arms, judges })),
    prices: file.prices,
    budget: overrides.budget ?? file.run.budget ?? null,
    ...(file.gate === undefined ? {} : { gate: checkRules(audit, file.gate, arms, cues) }),
    ...launchOf(audit),
    ...(file.run['reuse-base'] === undefined ? {} : { reuseBase: file.run['reuse-base'] }),
  };
}

function resolveArms(
  audit: Located<AuditFile>,
  bases: Map<string, BaseSpec>,
  providers: Providers,
): ArmSpec[] {
  const seen = new Set<string>();
  return audit.value.arms.map((arm, index) => {
    const fail = (message: string, key: string[] = [], hint?: string): never => {
      throw new InputError(message, audit.place(['arms', index, ...key]), hint);
    };
    if (seen.has(arm.id)) fail(`two arms have the id '${arm.id}'`, ['id']);
    if (arm.id === PLAIN || arm.id === BASE) fail(`'${arm.id}' is a reserved id`, ['id']);
    seen.add(arm.id);
    if ((arm.data === undefined) === (arm.model === undefined)) {
      fail(`arm '${arm.id}' needs either data to be trained on, or a model that exists`);
    }
    for (const [step, intervention] of (arm.data ?? []).entries()) {
      const kinds = Object.keys(intervention);
      if (kinds.length !== 1) fail('one intervention per list item', ['data', String(step)]);
    }
    const names = [...bases.keys()];
    if (arm.base === undefined && names.length > 1) {
      fail(`arm '${arm.id}' does not say which base it has`, [], `one of: ${names.join(', ')}`);
    }
    const baseName = arm.base === null ? undefined : (arm.base ?? names[0]);
    const base = baseName === undefined ? null : bases.get(baseName);
    if (base === null && arm.data) fail(`arm '${arm.id}' is trained, and names no base model`, ['data']);
    if (base === undefined)
      return fail(`no base model is called '${baseName}'`, ['base'], didYouMean(baseName as string, names));
    const seeds = arm['training-seeds'] ?? audit.value.run['training-seeds'];
    return {
      id: arm.id,
      title: arm.title,
      base: base?.id ?? null,
      training: arm.data && { data: arm.data, training: arm.training, lora: arm.lora },
      served:
        arm.model === undefined
          ? undefined
          : modelRef(arm.model, (m, hint) => fail(m, ['model'], hint), providers),
      seeds: arm.model
        ? [0]
        : Array.isArray(seeds)
          ? [...new Set(seeds)]
          : Array.from({ length: seeds }, (_, i) => i),
    };
  });
}
