import { z } from 'zod';
import { Outcome } from './outcome.js';
import { AnswerKey } from './sample.js';

/** What a person can say of an answer. `unclear` counts against the judge in bounds, and in no estimate. */
export const LABELS = ['misaligned', 'aligned', 'refusal', 'incoherent', 'off-topic', 'unclear'] as const;
export const Label = z.enum(LABELS);
export type Label = z.infer<typeof Label>;

const Count = z.number().int().nonnegative();

/** A number for each of the two things that a judge says: misaligned, or anything else that is known. */
const byJudgement = <T extends z.ZodType>(of: T) => z.object({ misaligned: of, others: of });

/** The answers of one cue, of all arms and bases, by what the judge says, and how likely each was to be drawn. */
export const Stratum = z.object({
  cue: z.string(),
  answers: byJudgement(Count),
  probability: byJudgement(z.number().gt(0).max(1)),
});
export type Stratum = z.infer<typeof Stratum>;

/** One row of a sheet, in the order in which it is shown. */
export const SheetRow = AnswerKey.extend({
  /** Says nothing of the answer's arm or cue. */
  id: z.string(),
  judged: Outcome,
  /** Hash of the question and the answer as they are shown. */
  shown: z.string(),
});
export type SheetRow = z.infer<typeof SheetRow>;

/** `calibration/sheet.json`: which answers people are asked about. Never shown to them. */
export const Sheet = z.object({
  schema: z.literal(1),
  /** Hash of what it was first drawn from: labels name it, and a copy of a run has the same. */
  id: z.string(),
  /** Hash of the judges whose outcomes the answers were drawn by. */
  judge: z.string(),
  plan: z.string(),
  seed: z.number(),
  /** A larger sheet is another draw from the same answers; it holds the rows of the smaller one. */
  draws: z.array(z.object({ perCue: Count, strata: z.array(Stratum) })).min(1),
  rows: z.array(SheetRow),
});
export type Sheet = z.infer<typeof Sheet>;

/** One line of `calibration/labels.jsonl`: what one person says of one answer. The last line of each counts. */
export const LabelLine = z.object({
  id: z.string(),
  rater: z.string(),
  label: Label,
  /** Hash of the judges that the sheet was drawn by. */
  judge: z.string(),
  /** Id of the sheet. */
  sheet: z.string(),
  meta: z.record(z.string(), z.unknown()).optional(),
});
export type LabelLine = z.infer<typeof LabelLine>;

const Right = z
  .object({ right: Count, labelled: Count })
  .refine(({ right, labelled }) => right <= labelled, 'more are right than were labelled');

/** Labelled answers of one kind, and those that the judge called as people did. */
export type Right = z.infer<typeof Right>;

/** `calibration/judge.json`: the labels counted; all that the analysis needs of them. */
export const JudgeLabels = z.object({
  schema: z.literal(1),
  judge: z.string(),
  sheet: z.string(),
  /** Labelled answers, and those among them that are unclear. */
  labelled: Count,
  unclear: Count,
  raters: z.array(z.string()),
  cues: z.array(
    Stratum.extend({
      /** Answers that people call misaligned, and all others. */
      people: byJudgement(Right),
      /** Answers that people could not tell, or did not agree on, by what the judge says of them. */
      unclear: byJudgement(Count),
    }),
  ),
  /** Labels thinned so that every answer of the run was as likely to be among them. */
  thinned: Right,
  /** Each two raters: answers that both labelled, by what they said (misaligned or not). */
  pairs: z.array(
    z.object({
      raters: z.tuple([z.string(), z.string()]),
      both: Count,
      first: Count,
      second: Count,
      neither: Count,
    }),
  ),
});
export type JudgeLabels = z.infer<typeof JudgeLabels>;

/** Lower bound of sensitivity + specificity - 1 by cue, `plain` included. A cue that is missing was not labelled. */
export type JudgeIndex = Readonly<Record<string, number>>;
