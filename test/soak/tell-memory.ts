import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Loaded into a process before its program. At SIGUSR2 it collects all garbage and writes what is left, as numbers of
 * bytes in JSON, to the file PID.json of the folder that MOSAIC_SOAK_FOLDER names.
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
    // Whoever sees it sees all of it, and no descriptor that it was written by.
    writeFileSync(`${file}.new`, JSON.stringify({ heap: heapUsed, external }));
    renameSync(`${file}.new`, file);
  });
}
