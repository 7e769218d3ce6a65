import { expect, test } from "vitest";
import { golden } from "./golden.ts";
import { drawFolders, folderGraph } from "./house/folder-graph.ts";
import { writtenFiles } from "./house/tree.ts";

/**
 * Trees whose folders must import in one direction, types included. In the table a folder is below all folders that it imports.
 * `UPDATE=1` draws the table again.
 */
const ROOTS = ["src", "runtime", "lab"] as const;

test("folders import in one direction, as rooms.txt shows", () => {
  const files = writtenFiles();
  const table = ROOTS.map((root) => drawFolders(folderGraph(files, root))).join("\n");
  expect(table).not.toContain("cycle:");
  expect(table).toBe(golden(new URL("rooms.txt", import.meta.url), table));
});

test("a cycle of folders is drawn as a cycle, also through types and dynamic imports", () => {
  const files = [
    { path: "src/a/one.ts", text: 'import type { Two } from "../b/two.ts";\n' },
    { path: "src/b/two.ts", text: 'const three = await import("../a/three.ts");\n' },
    { path: "src/a/three.ts", text: 'import { four } from "../c/four.ts";\n' },
    { path: "src/c/four.ts", text: "" },
  ];
  expect(drawFolders(folderGraph(files, "src"))).toBe("src/c → nothing\ncycle:\nsrc/a → src/b, src/c\nsrc/b → src/a\n");
});
