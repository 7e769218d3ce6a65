import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { permuted } from "./permute.ts";
import { runCase } from "./run-case.ts";

const ORDERS = [1, 2, 3];

interface Case {
  readonly name: string;
  readonly program: string;
  /** Files that the program imports. */
  readonly files: string;
  readonly commands: string;
}

function casesIn(folder: string): readonly Case[] {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url).flatMap((file) =>
    readFileSync(new URL(file, url), "utf8")
      .split(/^= /m)
      .slice(1)
      .map((text) => readCase(file, text)),
  );
}

function readCase(file: string, text: string): Case {
  const [head = "", commands = ""] = text.split(/^(?:---|==>)\n/m);
  const newline = head.indexOf("\n");
  const [program = "", ...files] = head.slice(newline + 1).split(/^(?=file )/m);
  return { name: `${file}: ${head.slice(0, newline)}`, program, files: files.join(""), commands };
}

/** What each command made happen, in no order; which rule was the one too many is a matter of order. */
function outcome(program: string, { files, commands }: Case): readonly string[] {
  return runCase(`${program}${files}---\n${commands}`)
    .split(/^(?=> )/m)
    .map((part) =>
      part
        .replaceAll(/ in rule \S+/g, "")
        .trimEnd()
        .split("\n")
        .toSorted()
        .join("\n"),
    );
}

describe.for(["../session/cases/", "cases/"])("the order of rules and literals changes nothing in %s", (folder) => {
  test.for(casesIn(folder))("$name", (one) => {
    for (const seed of ORDERS)
      expect(outcome(permuted(one.program, seed), one)).toEqual(outcome(permuted(one.program, 0), one));
  });
});
