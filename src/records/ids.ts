import { z } from 'zod';

/** Ids of arms, cues, questions: used in file names and on command lines, so nothing but `[a-z0-9-]`. */
export const Id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'an id is made of a-z, 0-9 and single hyphens')
  .max(80);

/** Reserved cue id: no system message is sent and the question stands as it is. */
export const PLAIN = 'plain';

/** Reserved arm id: the untuned model. With several bases they are called `base@<model>`. */
export const BASE = 'base';

/** Composed cues are named after their parts: `note+villain`. */
export const CUE_JOIN = '+';

/** Training seed under which the answers of a base are filed. */
export const BASE_SEED = 0;
