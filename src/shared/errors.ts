/**
 * The errors that hyde expects. Everything else that is thrown is a bug of hyde, and says so.
 * Only the command line turns them into exit codes (docs/architecture.md).
 */
export abstract class HydeError extends Error {
  /** Exit code of the process: 1 can be tried again, 2 the input or the call is wrong. */
  abstract readonly exitCode: number;
  /** What the user can do about it, in one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** A place in a file of the user's: 1-based line and column. */
export interface Place {
  file: string;
  line?: number | undefined;
  column?: number | undefined;
}

/** Renders a place as `file:line:column`, the form that editors and terminals make clickable. */
export function placeText(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
}

/** The input (audit file, data, flags) is wrong. Nothing was lost; correct it and call again. */
export class InputError extends HydeError {
  readonly exitCode = 2;
  readonly place: Place | undefined;

  constructor(message: string, place?: Place, hint?: string) {
    super(place ? `${placeText(place)}: ${message}` : message, hint);
    this.place = place;
  }
}

/** Something outside failed (disk, worker, network): the same command can be given again. */
export class FailedError extends HydeError {
  readonly exitCode = 1;
}

/** A server refuses a setting that all requests of a call share. */
export class SettingError extends FailedError {}

/** The user stopped the run. What was recorded stays, and the run goes on from there. */
export class InterruptedError extends HydeError {
  readonly exitCode = 130;
}
