/** One line of `hyde doctor`. */
export interface Check {
  what: string;
  ok: boolean;
  /** It works today, and will not for long. */
  warning?: boolean;
  found: string;
  /** How to get it, where it is missing. */
  advice?: string;
}
