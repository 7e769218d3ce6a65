// Entry point: the `mosaic` script runs this file. It hands the command line to command-line.ts, which loads the command.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Caches the sources without types, which makes the next start faster. If the folder is not writable, nothing is cached.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/mosaic", import.meta.url)));
const { main } = await import("./command-line.ts");
const { processOutput } = await import("./terminal/output.ts");
const { watchOutput } = await import("./terminal/broken-output.ts");
const { logProcessWarnings } = await import("./terminal/process-warnings.ts");

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
