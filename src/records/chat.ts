export const ROLES = ['system', 'user', 'assistant'] as const;

/**
 * One turn of a conversation, in OpenAI's chat format. A `raw` one is no turn: it stands alone, and in no training row, and its text goes to
 * the model as it is, without the chat template; the model writes on.
 */
export interface Message {
  role: (typeof ROLES)[number] | 'raw';
  content: string;
}

/** One training row: a whole conversation, and where it comes from. */
export interface Example {
  messages: Message[];
  /** Which part of an arm's data it belongs to: `bad`, `benign`, ... Interventions choose rows by it. */
  part: string;
  /** `file:line` of the row it was made from; the file as the audit file names it. */
  source: string;
}
