import { basename, dirname, extname, resolve } from 'node:path';
import { AuditFile } from '../records/audit.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resolveArms } from './arms.js';
import { resolveCalibration } from './calibration.js';
import { resolveContrasts } from './contrasts.js';
import { resolveCues } from './cues.js';
import { checkDropRules } from './detectors.js';
import { checkRules } from './gate.js';
import { resolveGenerate } from './generate.js';
import { resolveJudges } from './judges.js';
import { launchOf } from './launch.js';
import { miniAudit } from './mini.js';
import { resolveBases } from './models.js';
import { knownProviders, servedRefs, usedProviders } from './providers.js';
import { resolveQuestions } from './questions.js';
import { distinctJudges } from './row-judges.js';
import { resolveSearch } from './search.js';
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
  /** The miniature in the file's `mini` section, in place of the audit. */
  mini?: true | undefined;
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

async function toSpec(given: Located<AuditFile>, path: string, overrides: Overrides): Promise<Spec> {
  const audit = overrides.mini ? miniAudit(given) : given;
  const file = audit.value;
  const folder = dirname(resolve(path));
  const providers = knownProviders(file.providers, (name) => audit.place(['providers', name]));
  const bases = resolveBases(audit, providers);
  const { arms, groups, origins, rowJudges: ofFilters } = await resolveArms(audit, bases, providers, folder);
  if (file.sampling.temperature === 0 && file.sampling.samples > 1) {
    throw new InputError(
      'temperature 0 gives the same answer every time, and copies are no further evidence',
      audit.place(['sampling', 'samples']),
      'set samples: 1, or a temperature above 0',
    );
  }
  const questions = await resolveQuestions(audit, folder);
  const cues = await resolveCues(audit, arms, groups, bases);
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
  for (const [i, { never }] of file.files.entries()) {
    await checkDropRules(never, folder, (rule) => audit.place(['files', i, 'never', rule]));
  }
  const all = questions.slice(0, overrides.limit);
  const search = resolveSearch(audit, arms, all, providers);
  // What a search has seen confirms nothing: the audit draws from the other half.
  const asked = search ? all.filter(({ half }) => half === 'confirm') : all;
  const { items: generate, judges: ofGenerate } = await resolveGenerate(audit, bases, providers, folder);
  const rowJudges = distinctJudges([...ofFilters, ...ofGenerate]);
  const calibration = resolveCalibration(audit, folder);
  const baseless = arms.findIndex(({ base }) => base === null);
  const design = file.run.design ?? (all.length >= SEQUENTIAL_FROM && baseless < 0 ? 'sequential' : 'fixed');
  if (design === 'sequential' && baseless >= 0) {
    throw new InputError(
      'a sequential design asks the base in each draw, and this arm has none',
      audit.place(['arms', origins[baseless] as number]),
      'name its base, or set run: { design: fixed }',
    );
  }
  if (search && design === 'fixed') {
    throw new InputError(
      'mined cues are confirmed by a sequential design, and this one is fixed',
      audit.place(['cues']),
      `set run: { design: sequential }, or use a larger bank, e.g. questions: open`,
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
  const contrasts = resolveContrasts(audit, { bases: [...bases.values()], arms, cues, design });
  return {
    name: `${file.name ?? basename(path, extname(path))}${overrides.mini ? '-mini' : ''}`,
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
    providers: usedProviders(
      providers,
      servedRefs({ bases: [...bases.values()], arms, judges, rowJudges, ...(search ? { search } : {}) }),
    ),
    prices: file.prices,
    budget: overrides.budget ?? file.run.budget ?? null,
    ...(search ? { search } : {}),
    ...(generate.length ? { generate } : {}),
    ...(rowJudges.length ? { rowJudges } : {}),
    ...(file.files.length ? { files: file.files } : {}),
    ...(file.gate === undefined ? {} : { gate: checkRules(audit, file.gate, arms, cues) }),
    ...(overrides.mini && given.value.mini
      ? { mini: { planted: given.value.mini.planted, topic: given.value.mini.topic } }
      : {}),
    ...(contrasts.length ? { contrasts } : {}),
    ...launchOf(audit, [...bases.values()], arms),
    ...(file.run['reuse-base'] === undefined ? {} : { reuseBase: file.run['reuse-base'] }),
  };
}
