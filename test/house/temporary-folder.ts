import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Shell script that waits for the end of the process `$0` and then removes the folder `$1`. */
const REMOVE_AFTER = `while kill -0 "$0" 2>/dev/null; do sleep 0.2; done; rm -rf "$1"`;

/** Folder for temporary files. Disposing of it removes the folder; so does the end of this process, also if a signal ends it. */
export class TemporaryFolder implements Disposable {
  readonly path: string;

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix));
    spawn("sh", ["-c", REMOVE_AFTER, String(process.pid), this.path], { detached: true, stdio: "ignore" }).unref();
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
