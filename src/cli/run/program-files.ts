import { basename, extname } from "node:path";
import type { ProgramChange } from "../../../runtime/control/compiler.ts";

export type ChangedFiles =
  | { readonly ok: true; readonly files: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** Returns the files of a program after `ctl load`, `unload` or `reload`. */
export function changedFiles(files: readonly string[], change: ProgramChange): ChangedFiles {
  switch (change.kind) {
    case "reload":
      return { ok: true, files };
    case "load":
      // `-` would name the standard input of the node, not of the command.
      if (change.file === "-") return { ok: false, message: "a program that is loaded later must be a file" };
      if (!files.includes(change.file)) return { ok: true, files: [...files, change.file] };
      return { ok: false, message: `${change.file} is loaded already; use \`reload\` to read it again` };
    case "unload":
      return unload(files, change.name);
  }
}

function unload(files: readonly string[], name: string): ChangedFiles {
  const named = files.filter((file) => [file, basename(file), basename(file, extname(file))].includes(name));
  const loaded = files.join(", ");
  if (named.length === 0) return { ok: false, message: `no file \`${name}\` is loaded; there are ${loaded}` };
  if (named.length > 1) return { ok: false, message: `several files are \`${name}\`: ${named.join(", ")}` };
  const rest = files.filter((file) => !named.includes(file));
  if (rest.length > 0) return { ok: true, files: rest };
  return { ok: false, message: `${loaded} is the only program; a node needs at least one` };
}
