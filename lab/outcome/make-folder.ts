import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Creates a folder and its missing parents. Returns the reason for people if that fails, otherwise undefined. Creates one level
 * at a time, because `mkdirSync` with `recursive` loops for ever below /proc.
 */
export function makeFolder(path: string): string | undefined {
  try {
    for (const folder of missingFolders(resolve(path))) mkdirSync(folder);
    return statSync(path).isDirectory() ? undefined : `${path} is a file`;
  } catch (error) {
    return explain(path, error as NodeJS.ErrnoException);
  }
}

/** Returns the folders to create, parents first. */
function missingFolders(path: string): readonly string[] {
  if (existsSync(path)) return [];
  const parent = dirname(path);
  return parent === path ? [path] : [...missingFolders(parent), path];
}

function explain(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOTDIR":
    case "EEXIST":
      return `${path}: a part of this path is a file`;
    case "EACCES":
    case "EPERM":
      return `${path}: no permission to create this folder`;
    case "EROFS":
      return `${path}: the file system is read-only`;
    case "ENOENT":
      return `${path}: no folder can be created there`;
    case "ENOSPC":
      return `${path}: the disk is full`;
    default:
      return message;
  }
}
