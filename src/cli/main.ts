import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Types are stripped once, not at every start. Where the folder cannot be written, nothing is kept.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/mosaic", import.meta.url)));
const { main } = await import("./command-line.ts");
const { processOutput } = await import("./terminal/output.ts");
const { watchOutput } = await import("./terminal/broken-output.ts");

watchOutput(process.stdout, process.stderr, {
  onReaderGone: () => process.exit(0),
  onWriteError: (reason) => {
    processOutput.log.error(`stdout: ${reason}; results are lost`);
    process.exitCode ||= 1;
  },
});
const code = await main(process.argv);
process.exitCode ||= code;
