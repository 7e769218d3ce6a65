import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { formatWatchLine, type WatchLine } from "../../runtime/observe/watch.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";
import { AskedNode, planOf } from "./asked-node.ts";

/** A node, and the tuples that it has printed. */
function watched(program: string): { readonly asked: AskedNode; readonly printed: () => readonly string[] } {
  const lines: string[] = [];
  const onWatch = (line: WatchLine): void => void lines.push(textOf(line));
  const asked = new AskedNode(program, { onWatch });
  return { asked, printed: () => lines.splice(0) };
}

function textOf(line: WatchLine): string {
  return formatWatchLine(line).replace(/^\S+ /, "").replace(/ +/, " ");
}

function inserted(asked: AskedNode, text: string, action = "insert"): string {
  const [reply] = asked.request({ do: action, text });
  return reply !== undefined && "error" in reply ? reply.error.message : "ok";
}

test("an event that is only watched is raised by the operator, with any number of arguments, and printed", () => {
  const { asked, printed } = watched("watch(found).");
  expect(["found(1)", 'found("a", [2])', "found()", "found(1, 2, 3, 4, 5)"].map((one) => inserted(asked, one))).toEqual(
    Array(4).fill("ok"),
  );
  expect(printed()).toEqual(["event found(1)", 'event found("a", [2])', "event found()", "event found(1, 2, 3, 4, 5)"]);
  expect(asked.query("found(X)")).toEqual([
    "`found` is an event, and events are not stored",
    "help: `mosaic trace NODE found` shows it when it happens",
  ]);
  expect(inserted(asked, "found(1)", "delete")).toBe("`found` is not a table, so nothing can be deleted from it");
});

test("a watched event has the columns that its signature or accept declares", () => {
  for (const declaration of ["found(number).", "accept found(number)."]) {
    const { asked, printed } = watched(`watch(found). ${declaration}`);
    expect(inserted(asked, "found(1, 2)")).toBe("`found` has 2 arguments here and 1 elsewhere");
    expect(inserted(asked, 'found("a")')).toBe("column 1 of `found` must be of type number");
    expect(inserted(asked, "found(7)")).toBe("ok");
    expect(printed()).toEqual(["event found(7)"]);
  }
});

test("a table that is only declared is filled by the operator, queried, watched and emptied", () => {
  const { asked, printed } = watched("materialize(got, infinity, infinity, keys(1,2)). watch(got).");
  expect(inserted(asked, 'got("a", 1). got("b", 2)')).toBe("ok");
  expect(asked.query("got")).toEqual(["1 2", '"a" 1', '"b" 2']);
  expect(asked.query("got(K, V), V > 1")).toEqual(["K V", '"b" 2']);
  expect(inserted(asked, 'got("a", 1)', "delete")).toBe("ok");
  expect(printed()).toEqual(['+ got("a", 1)', '+ got("b", 2)', '- got("a", 1)']);
});

test("a table and an event that are only declared and accepted take the tuples of another node", () => {
  const receiver = `
    materialize(got, infinity, infinity, keys(1)). accept got(number, string) insert.
    accept found(number). watch(found). watch(got). watch(other).
  `;
  const sender = `
    materialize(got, infinity, infinity, keys(1)).
    a: got@"b:1"(N, "x") :- periodic(_, 1, 1), N := 1.
    b: found@"b:1"(N) :- periodic(_, 2, 1), N := 2.
    c: other@"b:1"(N) :- periodic(_, 3, 1), N := 3.
  `;
  const simulation = new Simulation({ seed: 1 });
  const printed: string[] = [];
  const nodes = new Map<string, Node>();
  for (const [name, program] of [["a", sender] as const, ["b", receiver] as const]) {
    const boot = (world: World): void => {
      const onWatch = (line: WatchLine): void => void (name === "b" && printed.push(textOf(line)));
      const node = new Node(loadProgram(planOf(program)), world, {
        names: [`${name}:1`],
        facts: [],
        watch: [],
        onWatch,
      });
      nodes.set(name, node);
      node.start();
    };
    simulation.addHost({ name, address: `${name}:1`, boot }).start();
  }
  simulation.runUntil(5);
  expect(printed).toEqual(['recv got(1, "x") from a:1', '+ got(1, "x")', "recv found(2) from a:1", "event found(2)"]);
  expect(nodes.get("b")?.rows("got")).toEqual([[1, "x"]]);
  expect(nodes.get("b")?.counters.drops.get("not accepted")).toBe(1);
});
