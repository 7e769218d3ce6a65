import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-list.ts";

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
}

describe("the command list", () => {
  const names = COMMANDS.map(({ name }) => name);

  test("names exactly the files of commands/", () => {
    const files = readdirSync(new URL("../../src/cli/commands/", import.meta.url));
    expect(names.map((name) => `${name}.ts`).toSorted()).toEqual(files.toSorted());
  });

  test.each(COMMANDS)("loads $name from the file of its name", async ({ name, load }) => {
    expect((await load()).command.name).toBe(name);
  });

  test("and the command list of README name the same commands", () => {
    const readme = section(readFileSync(new URL("../../README.md", import.meta.url), "utf8"), "Commands");
    const named = new Set([...readme.matchAll(/mosaic ([a-z]+)/g)].map(([, name = ""]) => name));
    expect([...named].toSorted()).toEqual(names.toSorted());
  });
});
