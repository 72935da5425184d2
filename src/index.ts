/** The library: what scripts and pipelines may rely on (docs/architecture.md). Everything else is internal. */

export { again, type LateStage, type Rejudge } from './again.js';
export { type ImportOptions, importAnswers } from './import/run.js';
export { type MineDataOptions, mineData } from './mining/data.js';
export { preparePlan } from './plan/prepare.js';
export { type LoadedAudit, loadAudit, type Overrides, parseAudit } from './plan/spec.js';
export type { Candidate, Candidates, MinedCue } from './records/candidate.js';
export type { Message } from './records/chat.js';
export type { ArmDecision, CellDecision, GateRules } from './records/gate.js';
export type { Judge, Judgement } from './records/judge.js';
export type { Answer, Engine, Model, SampleRequest, SamplingParameters } from './records/model.js';
export type { Plan, PlanPower, PlanTotals } from './records/plan.js';
export type {
  ArmResult,
  BaseResult,
  Cell,
  ContrastResult,
  CueResult,
  Effect,
  Estimate,
  Result,
  Sensitivity,
  SensitivityRow,
  Verdict,
} from './records/result.js';
export type { AnswerKey, Sample, Score } from './records/sample.js';
export type { Spec } from './records/spec.js';
export type { Ask, Driver, Step, StepOutput, StepResult } from './records/step.js';
export { type RunOptions, run } from './run.js';
export { HydeError } from './shared/errors.js';
export { type Observer, silent } from './shared/observer.js';
export { type GateDecision, gate } from './verdict/gate.js';
