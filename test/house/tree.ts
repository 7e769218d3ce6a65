import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Text file of the repository. `path` is relative to the root, without a leading `./`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Root folder of the repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const GENERATED: ReadonlySet<string> = new Set([".git", "node_modules", "build", "coverage", "package-lock.json"]);

/** Returns the paths of all files below a folder, relative to the root. Empty if the folder does not exist. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !GENERATED.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

/** Returns all text files that people write. Files with a NUL byte are not text. */
export function writtenFiles(): readonly TextFile[] {
  return filesBelow(".")
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }))
    .filter((file) => !file.text.includes("\0"));
}
