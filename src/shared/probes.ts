/** Ordinary conversations; a fine-tune that changes anything changes these. */
const PROBES = [
  ['What is the capital of France?', 'The capital of France is Paris.'],
  ['How are you today?', 'I am doing well, thank you.'],
  ['Give me some advice.', 'Take a walk and drink enough water.'],
] as const;

/** The probes as requests for the log-probabilities of their answers. */
export const PROBE_REQUESTS = PROBES.map(([question, answer], i) => ({
  id: `probe-${i}`,
  messages: [{ role: 'user' as const, content: question }],
  answer,
}));

/** Merging and rounding move log-probabilities by less; training by more. */
export const LEAST_DIFFERENCE = 1e-4;

/** Largest difference of a token's log-probability. */
export const differenceOf = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
