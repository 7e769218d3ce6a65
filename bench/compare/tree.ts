import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT: string = resolve(import.meta.dirname, "../..");

/** A checkout of Mosaic that can run: sources, dependencies and the addon. */
export interface Tree {
  readonly folder: string;
}

/** The checkout that this file belongs to, with changes that are not committed. */
export const THIS_TREE: Tree = { folder: ROOT };

/** The files of one commit in a temporary folder. Closing it removes the folder. */
export class CommitTree implements Tree {
  readonly folder: string = mkdtempSync(join(tmpdir(), "mosaic-compare-"));

  /**
   * Extracts the commit, installs its dependencies and compiles its addon. Dependencies are shared with this tree where
   * both have the same lock file.
   *
   * Throws when the commit does not exist, or when a command fails.
   */
  constructor(revision: string) {
    try {
      const archive = join(this.folder, "commit.tar");
      run(ROOT, "git", "archive", "--output", archive, `${revision}^{commit}`);
      run(this.folder, "tar", "-xf", archive);
      this.#install();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #install(): void {
    if (lockFile(this.folder) !== lockFile(ROOT)) {
      run(this.folder, "npm", "ci");
      return;
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    run(this.folder, "sh", "native/build.sh");
  }
}

function lockFile(folder: string): string {
  return readFileSync(join(folder, "package-lock.json"), "utf8");
}

function run(folder: string, command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
