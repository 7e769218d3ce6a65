import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Types are stripped once, not at every start. Where the folder cannot be written, nothing is kept.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/mosaic", import.meta.url)));
const { main } = await import("./commands.ts");

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});
process.exitCode = await main(process.argv);
