import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A text file of the repository. `path` starts at the root and has no leading dot. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** The repository's folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

const MADE_BY_TOOLS: ReadonlySet<string> = new Set([".git", "node_modules", "build", "coverage", "package-lock.json"]);

/** The files below a folder of the repository, as paths from its root; none where the folder does not exist. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !MADE_BY_TOOLS.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

/** Every text file that people write. A file with a NUL in it is no text. */
export function writtenFiles(): readonly TextFile[] {
  return filesBelow(".")
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }))
    .filter((file) => !file.text.includes("\0"));
}
