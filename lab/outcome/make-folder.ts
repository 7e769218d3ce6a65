import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder with those above it, unless it is there. Answers why it cannot, for people; undefined when it is there now.
 * Level by level: Node's own `recursive` never ends below /proc.
 */
export function makeFolder(path: string): string | undefined {
  try {
    for (const folder of missingFolders(resolve(path))) mkdirSync(folder);
    return statSync(path).isDirectory() ? undefined : `${path} is a file`;
  } catch (error) {
    return explain(path, error as NodeJS.ErrnoException);
  }
}

/** From the top down. */
function missingFolders(path: string): readonly string[] {
  if (existsSync(path)) return [];
  const above = dirname(path);
  return above === path ? [path] : [...missingFolders(above), path];
}

function explain(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOTDIR":
    case "EEXIST":
      return `${path}: there is a file in the way`;
    case "EACCES":
    case "EPERM":
      return `${path} may not be made by this user`;
    case "EROFS":
      return `${path} is where nothing can be written`;
    case "ENOENT":
      return `${path}: no folder can be made there`;
    case "ENOSPC":
      return `${path}: the disk is full`;
    default:
      return message;
  }
}
