/** Outcome of a command on a host. */
export interface CommandEnd {
  /** Exit code; undefined when the command was killed or could not start. */
  readonly code: number | undefined;
  /** Last line of output, which usually holds the reason of a failure. */
  readonly lastLine: string;
}
