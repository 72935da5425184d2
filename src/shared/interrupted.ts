import { InterruptedError } from './errors.js';

/** Ends the work here if the user asked for it. @throws InterruptedError */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError('interrupted; run the same command again to go on');
}
