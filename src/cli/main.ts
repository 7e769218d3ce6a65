// Entry point: the `mosaic` script runs this file, or the bundle that packaging/bundle.mjs makes of start.ts.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Caches the sources without types, which makes the next start faster. If the folder is not writable, nothing is cached.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/mosaic", import.meta.url)));
const { start } = await import("./start.ts");
await start();
