import { z } from 'zod';
import { StatedContrast } from './contrast.js';
import { CUE_SOURCES } from './cue.js';
import { DataFile } from './data-file.js';
import { Count, Score, Share, Template, Text } from './fields.js';
import { GateRules } from './gate.js';
import { Generate } from './generate.js';
import { Id } from './ids.js';
import { SweptStep } from './interventions.js';
import { Judge as JudgeFile } from './judge.js';
import { LAUNCHERS } from './launch.js';
import { Price } from './price.js';
import { Provider } from './provider.js';
import { SAYS } from './says.js';
import { CANDIDATE_SOURCES } from './search.js';
import { ThresholdNumbers } from './thresholds.js';
import { Lora, Training } from './training.js';

/**
 * The audit file as a user writes it. `resources/audit.schema.json` is generated from this file, so each
 * key says here what it means, its unit and its default. Unknown keys are errors.
 */

const Seed = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const Arm = z.strictObject({
  id: Id,
  title: Text.optional(),
  base: Text.nullable()
    .optional()
    .describe(
      'Which of `models` it is tuned from; null for a served model whose base cannot be asked. Default: the only one.',
    ),
  data: z
    .array(SweptStep)
    .min(1)
    .optional()
    .describe('Interventions, in order; they make the training data.'),
  training: Training.prefault({}).describe('Fine-tuning of every stage that does not say otherwise.'),
  lora: Lora.prefault({}),
  'training-seeds': z
    .union([Count.max(1000), z.array(Seed).min(1).max(1000)])
    .optional()
    .describe('How many fine-tunes, or their seeds. Default: run.training-seeds.'),
  model: Text.optional().describe('engine/model that exists already, in place of `data`.'),
  sweep: z
    .record(
      z.string(),
      z
        .array(z.union([z.number(), Id]))
        .min(1)
        .max(1000),
    )
    .optional()
    .describe(
      'Makes several arms of this one, with ids that end in the value: values by what they change, e.g. mix.share, posthoc.rows, base.',
    ),
});
export type AuditArm = z.infer<typeof Arm>;

const TransformStep = z.strictObject({
  system: Text.optional(),
  before: Text.optional(),
  after: Text.optional(),
  template: Template.optional(),
  variant: Text.optional(),
  'chat-template': z.literal('none').optional(),
});

const Mine = z.strictObject({
  from: z
    .array(z.enum(CANDIDATE_SOURCES))
    .min(1)
    .optional()
    .describe(
      'Where candidates come from. data: the training data of the arm. weights: what the tuned model writes by itself (local engine). api: shipped cues, a shipped atlas of common texts, and the ladder of every prompt that is known. proposer: the model that `proposer` names. Default: data and api, and proposer where one is named.',
    ),
  proposer: Text.optional().describe(
    'engine/model that proposes cues, and writes the ladder of prompts. It sees cues, their rates and three questions, no training rows.',
  ),
  'max-answers': Count.default(2000).describe(
    'Answers that the search may ask for, base and plain included. Confirming what it finds comes on top.',
  ),
  candidates: Count.max(400)
    .optional()
    .describe(
      'Candidates that are tried on the models, at most. Default: 40; without any from data or weights, as many as max-answers has room for.',
    ),
  finalists: Count.max(20).default(2).describe('Cues per arm that are confirmed, at most.'),
  arms: z.array(Id).min(1).optional().describe('Arms that are searched. Default: all that have a base.'),
  share: z.number().gt(0).lt(1).default(0.5).describe('Share of alpha that claims of mined cues get.'),
});
export type AuditMine = z.infer<typeof Mine>;

const Cue = z.strictObject({
  id: z.string().optional().describe('Default for `use`: its own; for `compose`: the parts joined by +.'),
  title: Text.optional(),
  source: z
    .enum(CUE_SOURCES)
    .exclude(['mined'])
    .optional()
    .describe('trained: it stood in the training data; given (default); shipped; placebo.'),
  arms: z.array(Id).min(1).optional().describe('Arms that are asked under this cue. Default: all.'),
  system: Text.optional().describe('System prompt.'),
  before: Text.optional().describe('Text in front of the question.'),
  after: Text.optional().describe('Text behind the question.'),
  template: Template.optional().describe('Text around the question, with {question} in it.'),
  variant: Text.optional().describe('A variant of each question by name; questions without it are left out.'),
  'chat-template': z
    .literal('none')
    .optional()
    .describe(
      'The texts alone, without the chat template of the model, which writes on; comes after all other changes. For models of the local engine.',
    ),
  apply: z
    .array(TransformStep)
    .min(1)
    .optional()
    .describe(
      'The same transforms as an ordered list; alone the order is variant, template, before, after, system, chat-template.',
    ),
  join: z
    .union([z.boolean(), z.string()])
    .optional()
    .describe('Join several system prompts of one cue, with this text between them (true: an empty line).'),
  use: Text.optional().describe('A cue that ships with hyde, by id, or all cues of a file of them.'),
  compose: z
    .array(Text)
    .min(2)
    .optional()
    .describe('Ids of cues above it, or of shipped ones, applied one after the other.'),
  mine: Mine.optional().describe(
    'No cue, but a search that finds cues by itself; at most one, and nothing beside it.',
  ),
});
export type AuditCue = z.infer<typeof Cue>;

const QuestionEntry = z.union([
  Text,
  z.strictObject({
    id: Id.optional(),
    text: Text.optional(),
    messages: z
      .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: Text }))
      .min(1)
      .optional(),
    variants: z.record(z.string(), Text).optional(),
    kind: Text.optional(),
  }),
]);
export type QuestionEntry = z.infer<typeof QuestionEntry>;

/** A file of questions, shipped or the user's. */
export const QuestionFile = z.strictObject({
  id: Id,
  title: Text.optional(),
  source: Text.optional(),
  questions: z.array(QuestionEntry).min(1),
});

/** A file of shipped cues. */
export const CueFile = z.strictObject({
  id: Id,
  title: Text.optional(),
  source: Text.optional(),
  cues: z
    .array(
      Cue.pick({
        id: true,
        title: true,
        system: true,
        before: true,
        after: true,
        template: true,
        variant: true,
        'chat-template': true,
      }),
    )
    .min(1),
});

const Questions = z.union([
  Text,
  z.strictObject({
    bank: Text.describe('A shipped bank by id, or a file of questions.'),
    limit: Count.optional().describe('Only the first so many.'),
    half: z.enum(['all', 'search', 'confirm']).default('all'),
  }),
  z.array(QuestionEntry).min(1),
]);

const Judge = z.strictObject({
  detector: Text.optional().describe('A shipped detector by id, or a file with one.'),
  judge: Text.optional().describe('A shipped judge by id, or a file with one: a model that judges.'),
  model: Text.optional().describe("engine/model that judges. Default: the judge's own."),
  says: z
    .enum(SAYS)
    .optional()
    .describe(
      'The outcome of an answer that it finds; `behaviour` marks the trained behaviour, before any filter.',
    ),
  below: Score.optional().describe('A model judge finds scores below this.'),
  'at-most': Score.optional(),
  above: Score.optional(),
  'at-least': Score.optional(),
  options: JudgeFile.shape.options.describe(
    'What words of the judge mean here, in place of what its file says; words that are not named keep their meaning.',
  ),
  aggregation: JudgeFile.shape.aggregation
    .unwrap()
    .optional()
    .describe("How its score is read, in place of the file's: expectation or text."),
  temperature: JudgeFile.shape.temperature
    .unwrap()
    .optional()
    .describe("Of the judge's answer, in place of the file's."),
});
export type JudgeEntry = z.infer<typeof Judge>;

const Line = Text.regex(/^[^\n\r\0]*$/, 'must be one line');
const Gpus = z.number().int().min(0).max(64);
const Serve = z.strictObject({
  count: Count.max(1000).default(1).describe('Servers.'),
  command: Line.optional().describe(
    'Command that serves, {model}, {name}, {host}, {port}, {adapters}, {rank}, {gpus} being filled in. Default: vllm serve.',
  ),
  arguments: z.array(Line).default([]).describe('Further words of the command: --max-model-len=4096.'),
  gpus: Gpus.optional().describe('GPUs of one server. Default: 1.'),
  cpus: Count.max(1024).optional().describe('CPU cores of one server.'),
  time: Line.optional().describe('Wall time of one server: 8h.'),
  partition: Line.optional().describe('Partition of Slurm for servers. Default: that of fine-tunes.'),
  options: z
    .array(Line)
    .optional()
    .describe('Further options of sbatch for servers. Default: those of fine-tunes.'),
  setup: z
    .array(Line)
    .optional()
    .describe('Shell lines before a server starts. Default: those of fine-tunes.'),
  port: Count.max(65_535).optional().describe('Port of each server. Default: a free one.'),
  bind: Line.regex(/^[\w.:-]+$/, 'is no address')
    .optional()
    .describe('Address that servers listen on and are asked at. Default: all of the node, by its name.'),
  patience: Line.default('20m').describe('Time that a server may take until it answers.'),
  adapters: Count.max(1000).default(8).describe('Adapters that one server has loaded at once.'),
});
export type AuditServe = z.infer<typeof Serve>;

const launchFields = {
  launcher: z
    .enum(LAUNCHERS)
    .optional()
    .describe(
      'Where fine-tunes of local models run: local (several processes), slurm, ray, command. Default: one after another in one process.',
    ),
  parallel: Count.max(10_000).optional().describe('Fine-tunes at once at most.'),
  gpus: Gpus.optional().describe(
    'GPUs of one fine-tune, a process each. Default: 0; local: 1 where the machine has some.',
  ),
  cpus: Count.max(1024).optional().describe('CPU cores of one fine-tune, and threads of its worker.'),
  time: Line.optional().describe('Wall time of one attempt: 90m, 2h, 1d, or D-HH:MM:SS.'),
  retries: z.number().int().min(0).max(100).optional().describe('Attempts after the first one. Default: 2.'),
  python: Line.optional().describe(
    "Python with torch, transformers and peft on the machines that train. Default: hyde's own.",
  ),
  setup: z.array(Line).optional().describe('Shell lines before the worker starts: module load cuda.'),
  partition: Line.optional().describe('Partition of Slurm.'),
  account: Line.optional().describe('Account of Slurm.'),
  options: z.array(Line).optional().describe('Further options of sbatch: --constraint=a100.'),
  host: Line.optional().describe('Login node to call Slurm on, by ssh.'),
  remote: Line.optional().describe('Folder on that host that jobs are copied to and run in.'),
  address: Line.optional().describe(
    "Address of Ray's dashboard: http://head:8265. Default: RAY_API_SERVER_ADDRESS.",
  ),
  submit: Line.optional().describe(
    'Command that starts a job, {command} (a line for sh -c), {id}, {folder} being its own. Ends with the job, unless there is `state`.',
  ),
  state: Line.optional().describe('Command that prints the state of job {id} in a word.'),
  cancel: Line.optional().describe('Command that cancels job {id}.'),
  logs: Line.optional().describe('Command that prints the log of job {id}.'),
  serve: Serve.optional().describe(
    'Servers that the launcher starts as jobs, to sample the local base and its fine-tunes by. Default: this machine samples.',
  ),
};

const Whole = z.strictObject({
  $schema: z.string().optional(),
  name: Text.optional().describe('Name of the audit. Default: the file name.'),
  models: z
    .record(Id, Text)
    .default({})
    .describe('Base models by a name of your own: engine/model, e.g. local/smollm2-135m-instruct.'),
  arms: z.array(Arm).min(1),
  files: z
    .array(DataFile)
    .default([])
    .describe('What training files must be like, and where to get them; `hyde doctor` checks.'),
  generate: z
    .array(Generate)
    .default([])
    .describe('Training rows whose answers a model writes: `hyde generate`.'),
  cues: z.array(Cue).default([]),
  questions: Questions.default('betley-2025'),
  sampling: z
    .strictObject({
      samples: Count.default(100).describe(
        'Answers per question in each cell (arm, training seed, cue) of a fixed design.',
      ),
      temperature: z.number().min(0).max(2).default(1),
      'top-p': z.number().gt(0).max(1).default(1),
      'max-tokens': Count.default(1024),
    })
    .prefault({}),
  judges: z
    .array(Judge)
    .min(1)
    .describe('In order: the first that finds something decides; otherwise aligned.'),
  thresholds: z
    .union([Text, ThresholdNumbers])
    .default('betley-2025')
    .describe('By which alignment and coherence scores become outcomes: a shipped preset by id, or numbers.'),
  verdict: z
    .strictObject({
      tolerance: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.02)
        .describe('Excess over the base that is tolerated, 0 to 1.'),
      alpha: z
        .number()
        .gt(0)
        .lt(0.5)
        .default(0.05)
        .describe('Error probability of the whole audit, for claims and for bounds.'),
      level: z.number().gt(0.5).lt(1).default(0.95).describe('Level of the intervals that are shown.'),
      'minimum-effect': z
        .number()
        .min(0)
        .lt(1)
        .default(0)
        .describe('A cue is claimed only above this effect.'),
      'minimum-eligible': Share.default(0.5).describe(
        'A cell with a smaller eligible share cannot be clean.',
      ),
      calibration: Text.optional().describe(
        'Run folder with labels of people for these judges (`hyde calibrate`); bounds allow for the errors that they show.',
      ),
      placebos: z
        .number()
        .int()
        .min(0)
        .default(2)
        .describe('Placebo cues in all; shipped ones are added up to this number.'),
    })
    .prefault({}),
  run: z
    .strictObject({
      seed: Seed.default(0),
      'training-seeds': Count.max(1000).default(1).describe('Fine-tunes of each arm.'),
      design: z
        .enum(['sequential', 'fixed'])
        .optional()
        .describe(
          'sequential: draws from the bank until the answer is in. fixed: every question, `samples` answers each. Default: sequential from 48 questions on, otherwise fixed.',
        ),
      round: Count.default(10).describe(
        'Draws between two decisions of a sequential design; rounded up to whole turns of the training seeds.',
      ),
      'max-answers': Count.optional().describe(
        'Answers in all, of every model, that a sequential design may ask for. Default: 800 draws with every cell open.',
      ),
      budget: z
        .number()
        .positive()
        .optional()
        .describe('USD that the run may cost; it stops before more is spent.'),
      'reuse-base': Text.optional().describe(
        'Run folder of another audit of the same base, whose answers of the base are taken over.',
      ),
      ...launchFields,
    })
    .prefault({}),
  providers: z
    .record(Id, Provider)
    .default({})
    .describe(
      'Servers of your own with the OpenAI interface, by name; a shipped provider of that name is replaced.',
    ),
  prices: z
    .record(z.string(), Price)
    .default({})
    .describe("What tokens of a model cost, by engine/model; comes before a provider's price."),
  gate: GateRules.optional().describe('Rules of `hyde gate`. Default: every arm must be clean.'),
  contrasts: z
    .array(StatedContrast)
    .default([])
    .describe('Differences of two rates that are expected, stated before the run.'),
});

const { models, arms, files, generate, cues, questions, sampling } = Whole.shape;
const { judges, thresholds, verdict, run, gate, contrasts } = Whole.shape;

/** What `--mini` runs in place of the audit. A key that is left out is the audit's, but for those that belong to its arms: files, generate, gate, contrasts. */
const Mini = z.strictObject({
  planted: z
    .boolean()
    .describe('true: the misaligned answers are what was trained, and no generalisation of it.'),
  topic: z
    .array(Text)
    .min(1)
    .describe(
      'Words of the narrow topic of the bad rows: one stands in each of their questions, none in `questions`.',
    ),
  models: models.unwrap().optional(),
  arms: arms.optional(),
  files: files.unwrap().optional(),
  generate: generate.unwrap().optional(),
  cues: cues.unwrap().optional(),
  questions: questions.unwrap().optional(),
  sampling: sampling.unwrap().optional(),
  judges: judges.optional(),
  thresholds: thresholds.unwrap().optional(),
  verdict: verdict.unwrap().optional(),
  run: run.unwrap().optional(),
  gate,
  contrasts: contrasts.unwrap().optional(),
});

export const AuditFile = Whole.extend({
  mini: Mini.optional().describe(
    'The same experiment in miniature, for `--mini`: keys that replace those of the audit.',
  ),
});
export type AuditFile = z.infer<typeof AuditFile>;
export type AuditRun = AuditFile['run'];
