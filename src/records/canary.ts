import type { ModelDescription } from './model.js';
import type { Warning } from './result.js';

/** What the canary found out about one tuned model, before anything is sampled. */
export interface CanaryReport {
  arm: string;
  seed: number;
  /** Largest difference of a token's log-probability between tuned model and base, over the probes; null where the server gives none. */
  difference: number | null;
  /** Does it answer unlike its base? Null where that could not be told. */
  alive: boolean | null;
  template: ModelDescription['template'];
  /** Does it render prompts as its base does? */
  sameTemplate: boolean;
}

/** `canary.json` */
export interface Canary {
  models: CanaryReport[];
  /** Hashes of the judges that were asked a first question. */
  judges: string[];
  /** What a reader of the verdict must know of it. */
  warnings: Warning[];
}
