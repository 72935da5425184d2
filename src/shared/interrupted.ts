import { InterruptedError } from './errors.js';

/** The error that ends a run which the user interrupts. */
export const interrupted = (): InterruptedError =>
  new InterruptedError('interrupted; run the same command again to go on');

/** Ends the work here if the user asked for it. @throws InterruptedError */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted();
}
