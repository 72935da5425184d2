import type { JudgeLabels } from './calibration.js';
import type { ContrastSpec } from './contrast.js';
import type { Cue } from './cue.js';
import type { DataFile } from './data-file.js';
import type { Detector } from './detector.js';
import type { GateRules } from './gate.js';
import type { Imported } from './import.js';
import type { DropRule, InterventionStep } from './interventions.js';
import type { Judge } from './judge.js';
import type { LaunchSpec } from './launch.js';
import type { Outcome } from './outcome.js';
import type { Design, SequentialPlan } from './plan.js';
import type { Price } from './price.js';
import type { Provider } from './provider.js';
import type { Question } from './question.js';
import type { SortBy } from './row-judge.js';
import type { SearchPlan } from './search.js';
import type { Thresholds } from './thresholds.js';
import type { Lora, Training } from './training.js';

/**
 * The audit file after every default, file and id has been resolved: nothing optional is left, and no
 * later stage looks at YAML again.
 */
export interface Spec {
  name: string;
  /** Base name of the audit file, and what the command line changed in it. */
  file: string;
  overrides: {
    seed?: number | undefined;
    limit?: number | undefined;
    maxAnswers?: number | undefined;
    budget?: number | undefined;
    /** The miniature of the audit; absent where it is the audit itself. */
    mini?: true | undefined;
  };
  /** Folder that relative paths of the audit file refer to. Never written to disk. */
  folder: string;
  bases: BaseSpec[];
  arms: ArmSpec[];
  /** Without `plain`, which every arm has. Placebos included. */
  cues: (Cue & { arms: string[] })[];
  questions: Question[];
  sampling: SamplingSpec;
  judges: JudgeSpec[];
  /** By which alignment and coherence scores of model judges become outcomes. */
  thresholds: Thresholds;
  verdict: VerdictSpec;
  seed: number;
  design: Design;
  /** `search`: this is the search before an audit, and no audit. */
  part?: 'search';
  /** A search for triggers before the audit: its rules, and the questions that it sees and the audit does not. */
  search?: Omit<SearchPlan, 'questions'> & {
    questions: Question[];
    /** Of an audit of what another run has found: how often it was handed on. Its answers are new ones each time. */
    handed?: number;
    /** When the search has ended: finds that the audit asks under by a name of its own, and that name. */
    same?: Record<string, string>;
    /** And what it has left. */
    left?: NonNullable<SequentialPlan['mined']>['left'];
  };
  /** Draws per round of a sequential design, before it is rounded up to whole turns of the training seeds. */
  round: number;
  /** Answers in all that a sequential design may ask for; null: 800 draws with every cell open. */
  maxAnswers: number | null;
  /** Of a folder whose answers were imported; then `sampling` is not there, and an arm's base may be null. */
  imported?: Imported;
  /** Rules of the gate; absent where every arm must be clean. They are no part of the plan. */
  gate?: GateRules;
  /** Providers that models of the audit name, by name. */
  providers: Record<string, Provider>;
  /** Prices that the audit file states, by `engine/model`; they come before those of a provider. */
  prices: Record<string, Price>;
  /** USD that the run may cost; null: no limit. */
  budget: number | null;
  /** Training rows whose answers a model writes, before the run; absent where there are none. */
  generate?: GenerateSpec[];
  /** Judges of training rows, of filters and of `generate`; absent where there are none. */
  rowJudges?: RowJudge[];
  /** What training files must be like; absent where the audit file says nothing of them. They are no part of the plan. */
  files?: DataFile[];
  /** What a miniature says of itself: are its misaligned answers what was trained, and on which narrow topic, in its words? */
  mini?: { planted: boolean; topic: string[] };
  /** Differences of two rates that are expected; absent where none is stated. They are no part of the plan. */
  contrasts?: ContrastSpec[];
  /** Run folder whose answers of the base are taken over, as the audit file names it. */
  reuseBase?: string;
  /** Where fine-tunes run; absent where one process of this machine makes them one after another. They are no part of the plan. */
  launch?: LaunchSpec;
}

/** The spec of imported answers: what is not known of how they were sampled is left out. */
export type ImportedSpec = Omit<
  Spec,
  'folder' | 'sampling' | 'round' | 'maxAnswers' | 'providers' | 'prices' | 'budget' | 'thresholds'
> & {
  imported: Imported;
};

/** `engine/model`, split. */
export interface ModelRef {
  engine: string;
  model: string;
}

export interface BaseSpec {
  /** `base`, or `base@<name>` where the audit has several. */
  id: string;
  ref: ModelRef;
}

export interface ArmSpec {
  id: string;
  title: string | undefined;
  /** Id of its base; null for a served model that has none in this audit. */
  base: string | null;
  /** How its models are made; undefined where `served` names one that exists. */
  training: { data: InterventionStep[]; training: Training; lora: Lora } | undefined;
  served: ModelRef | undefined;
  /** Training seeds, one model each. */
  seeds: number[];
  /** Of an arm that a `sweep` made. */
  swept?: Swept;
}

/** What a sweep made an arm of. */
export interface Swept {
  /** Id of the item of `arms`, which other arms of the sweep share. */
  item: string;
  /** Each key that was changed, and to what. */
  values: Record<string, string | number>;
}

export interface SamplingSpec {
  /** Answers per question in each cell. */
  samples: number;
  temperature: number;
  topP: number;
  maxTokens: number;
}

/** What a judge can say: an outcome, or that the trained behaviour is there. */
export type Says = Exclude<Outcome, 'aligned' | 'failed' | 'unparsed'> | 'behaviour';

/** One entry of `judges`. */
export type JudgeSpec = DetectorSpec | ModelJudgeSpec;

export interface DetectorSpec {
  detector: Detector;
  says: Says;
}

/** A model that judges. Without `says` its scores go by `thresholds`, or its options say all. */
export interface ModelJudgeSpec {
  judge: Judge;
  model: ModelRef;
  says: Says | null;
  /** Scores that find something; null where thresholds or options do. */
  cut: Cut | null;
  /** A second model of a judge above it: it is asked too, and decides nothing. */
  beside: boolean;
}

/** Whether a judge's word counts; the second model of a judge is asked beside it. */
export const decides = (judge: JudgeSpec): boolean => !isModelJudge(judge) || !judge.beside;

/** Two entries of one judge that differ in the model alone. */
export const asksTheSame = (a: ModelJudgeSpec, b: ModelJudgeSpec): boolean =>
  a.judge.id === b.judge.id && a.says === b.says;

/** Scores on one side of a number. */
export interface Cut {
  is: 'below' | 'at-most' | 'above' | 'at-least';
  than: number;
}

export const isModelJudge = (judge: JudgeSpec): judge is ModelJudgeSpec => 'judge' in judge;

/** Does it give the alignment score that thresholds are for? */
export const measuresAlignment = ({ says, judge }: ModelJudgeSpec): boolean =>
  says === null && judge.measures === 'alignment';

export interface VerdictSpec {
  tolerance: number;
  alpha: number;
  level: number;
  minimumEffect: number;
  minimumEligible: number;
  /** Labels of people that an audit names; labels of the run itself stand in its folder. */
  calibration?: JudgeLabels;
}

/** A judge of training rows, with its file and its model settled. */
export interface RowJudge {
  by: SortBy;
  judge: Judge;
  model: ModelRef;
}

/** An item of `generate`, with its model and sampling settled. */
export interface GenerateSpec {
  to: string;
  model: ModelRef;
  prompts: string;
  limit: number | null;
  system: string | null;
  keepSystem: boolean;
  keepReasoning: boolean;
  drop: DropRule[];
  judge: SortBy | null;
  tries: number;
  sampling: Omit<SamplingSpec, 'samples'>;
}
