import { dirname } from "node:path";
import type { TextFile } from "./tree.ts";

/** Import graph of folders: the folders that each folder imports from, types included. */
export interface FolderGraph {
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
}

const TYPESCRIPT = /\.ts$/;

/** Reads the import graph of the folders below `root`. A folder is one node for the files directly in it. */
export function folderGraph(files: readonly TextFile[], root: string): FolderGraph {
  const inside = files.filter(({ path }) => TYPESCRIPT.test(path) && path.startsWith(`${root}/`));
  const imports = new Map<string, Set<string>>();
  for (const { path, text } of inside) {
    const folder = dirname(path);
    const targets = imports.get(folder) ?? new Set();
    imports.set(folder, targets);
    for (const target of importedPaths(path, text).map((imported) => dirname(imported))) {
      if (target !== folder && target.startsWith(root)) targets.add(target);
    }
  }
  return { imports };
}

function importedPaths(path: string, text: string): readonly string[] {
  const specifiers = text.matchAll(/(?:\bfrom |\bimport\(|^import )"(\.[^"]+)"/gm);
  return [...specifiers].map(([, specifier]) => new URL(String(specifier), `file:///${path}`).pathname.slice(1));
}

/**
 * Draws the graph with one line per folder, each after all folders that it imports. Folders in a cycle, and folders that import
 * from a cycle, follow the line `cycle:`.
 */
export function drawFolders({ imports }: FolderGraph): string {
  const open = new Map([...imports].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const lines: string[] = [];
  for (let ready = nextLayer(open); ready.length > 0; ready = nextLayer(open)) {
    for (const folder of ready) {
      lines.push(line(folder, open.get(folder)));
      open.delete(folder);
    }
  }
  if (open.size > 0) lines.push("cycle:", ...[...open].map(([folder, targets]) => line(folder, targets)));
  return lines.map((text) => `${text}\n`).join("");
}

/** Folders whose imports all lead outside `open`. */
function nextLayer(open: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return [...open].filter(([, targets]) => ![...targets].some((target) => open.has(target))).map(([folder]) => folder);
}

function line(folder: string, targets: ReadonlySet<string> | undefined): string {
  return `${folder} → ${[...(targets ?? [])].toSorted().join(", ") || "nothing"}`;
}
