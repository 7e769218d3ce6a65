import { main } from "./command-line.ts";
import { watchOutput } from "./terminal/broken-output.ts";
import { processOutput } from "./terminal/output.ts";
import { logProcessWarnings } from "./terminal/process-warnings.ts";

/** Runs the command line of this process, and sets the exit code. */
export async function start(): Promise<void> {
  logProcessWarnings(processOutput);
  watchOutput(process.stdout, process.stderr, {
    onReaderGone: () => process.exit(0),
    onWriteError: (reason) => {
      processOutput.log.error(`stdout: ${reason}; results are lost`);
      process.exitCode ||= 1;
    },
  });
  const code = await main(process.argv);
  process.exitCode ||= code;
}
