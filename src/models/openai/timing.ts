/** Clock and chance of the sampler; tests pass their own. */
export interface Timing {
  /** Milliseconds that only grow. */
  now(): number;
  /** Wall clock in milliseconds, for dates that a server names. */
  date(): number;
  /** Calls once after so many milliseconds; the function returned takes it back. */
  after(milliseconds: number, call: () => void): () => void;
  /** In [0, 1). Spreads retries; nothing that is recorded depends on it. */
  random(): number;
}

export const realTiming: Timing = {
  now: () => performance.now(),
  date: Date.now,
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
