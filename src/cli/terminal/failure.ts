/** 1: the program or the run failed. 2: the command line is invalid. 3: a search gave up at a limit. */
export type ExitCode = 1 | 2 | 3;

/**
 * Ends a command with a message for the user. The message is empty if it has already been printed. Any other error that a command throws
 * is a defect.
 */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Failure for an invalid command line; the message names the option and its problem. */
export function wrongUsage(option: string, problem: string): Failure {
  return new Failure(2, `${option}: ${problem}`);
}

/** Failure for a valid command that could not do its work. */
export function runFailed(message: string): Failure {
  return new Failure(1, message);
}
