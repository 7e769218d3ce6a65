import { describe, expect, test } from "vitest";
import { elementSpecs } from "../../../runtime/elements/element-specs.ts";
import { codePage } from "../../../src/cli/explain/code-page.ts";
import { elementPage } from "../../../src/cli/explain/element-page.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { Failure } from "../../../src/cli/terminal/failure.ts";
import { compile } from "../../../src/compile.ts";

describe("the page of an element", () => {
  test("describes inputs, outputs, drops and counters", () => {
    const page = elementPage("LocSpecDemux");
    expect(page).toMatch(/^LocSpecDemux\(.*\)\n\nRoutes each tuple/);
    for (const section of ["Ports", "Drops", "Reads"]) expect(page).toMatch(new RegExp(`^${section}\\s+\\S`, "m"));
  });

  test.each(["Tun::Rx", "TunRx", "tunrx"])("is found under %s", (name) => {
    expect(elementPage(name)).toMatch(/^Tun::Rx\(/);
  });

  test("names every drop reason of the element", () => {
    const silent = [...elementSpecs.values()].flatMap(({ name, manual, drops }) =>
      drops.filter((reason) => !manual.includes(reason.replace(/: \.\.\.$/, ""))).map((reason) => `${name}: ${reason}`),
    );
    expect(silent).toEqual([]);
  });

  test("exists for every name in the text of a dataflow", () => {
    const library = new FileLibrary();
    library.addText("case.mzl", 'import "ron.mzl". import "tunnel.mzl". a: lonely(X) :- hello(X), !ron.member(X).');
    const { plan } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
    const shown = [
      ...(plan?.graph.nodes.map((node) => node.element) ?? []),
      ...(plan?.strands.flatMap(({ operators }) => operators.map((operator) => operator.split(" ")[0] ?? "")) ?? []),
    ];
    expect(shown).toContain("AntiJoin");
    for (const name of new Set(shown)) expect(elementPage(name)).toMatch(/\S/);
  });

  test("that does not exist is a usage error", () => {
    expect(() => elementPage("RoundRobbin")).toThrow(
      new Failure(2, "--element: there is no element `RoundRobbin`; did you mean RoundRobin?"),
    );
  });
});

describe("the page of a code", () => {
  test("is found in any case", () => {
    expect(codePage("e0215")).toMatch(/^# E0215: two events in one rule\n/);
  });

  test("that does not exist is a usage error", () => {
    expect(() => codePage("E9999")).toThrow(
      new Failure(2, "--code: no diagnostic has the code `E9999`; codes look like E0215 or W0102"),
    );
  });
});
