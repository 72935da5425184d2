import { z } from 'zod';

export const ROLES = ['system', 'user', 'assistant'] as const;

/** One turn of a conversation, in OpenAI's chat format. */
export const Message = z.strictObject({
  role: z.enum(ROLES),
  content: z.string(),
});
export type Message = z.infer<typeof Message>;

/** One training row: a whole conversation, and where it comes from. */
export interface Example {
  messages: Message[];
  /** Which part of an arm's data it belongs to: `bad`, `benign`, ... Interventions choose rows by it. */
  part: string;
  /** `file:line` of the row it was made from; the file as the audit file names it. */
  source: string;
}
