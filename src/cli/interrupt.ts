/**
 * A signal that aborts on the first Ctrl-C (or SIGTERM), so that a run can close its files; a second one
 * ends the process at once. Everything recorded is on disk in both cases.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\nstopping; what is recorded stays (once more: at once)\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
