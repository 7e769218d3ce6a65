/** 1: the program or the run failed. 2: the command line is wrong. */
export type ExitCode = 1 | 2;

/** Ends a command with a message for the user, empty when it has been told. The only error that commands throw on purpose. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line is wrong: names the option and what it should have been. */
export function wrongUsage(option: string, problem: string): Failure {
  return new Failure(2, `${option}: ${problem}`);
}

export function runFailed(message: string): Failure {
  return new Failure(1, message);
}
