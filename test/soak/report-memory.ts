import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Preloaded into a process. On SIGUSR2 it runs a full garbage collection and writes the memory in use, in bytes as JSON, to the
 * file PID.json of the folder MOSAIC_SOAK_FOLDER.
 */
const folder = process.env["MOSAIC_SOAK_FOLDER"];

if (folder !== undefined) {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  process.on("SIGUSR2", () => {
    collectGarbage();
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    const file = join(folder, `${process.pid}.json`);
    // Renamed when complete, so that a reader never sees a part.
    writeFileSync(`${file}.new`, JSON.stringify({ heap: heapUsed, external }));
    renameSync(`${file}.new`, file);
  });
}
