/** `mosaic ctl NODE rebind`: another address of an overlay while the node runs. */
import { describe, expect, test } from "vitest";
import { loadProgram } from "../../runtime/node/program.ts";
import { AskedNode, planOf } from "./asked-node.ts";

const PROGRAM = `
import "sr.mzl".
overlay hop.
materialize(moves, infinity, infinity, keys(1,2)).
new: moves(Old, New) :- rebound(Old, New).
all: all(A) :- ask(), localAddrs(A).
snd: send@Next(Dest, Packet) :- send(Dest, Packet), Next := f_node(Dest), localAddr(Me), Me != Dest.
rcv: recv(Packet) :- send(Dest, Packet), localAddr(Dest).
`;

const DEFINED = `${PROGRAM}materialize(outside, infinity, 1, keys(1)).\nd: localAddr(A) :- outside(A).\n`;

function rebind(asked: AskedNode, overlay: string, address: string, grace?: number): string {
  const [reply] = asked.request({ do: "rebind", overlay, address, grace });
  return reply !== undefined && "error" in reply ? `${reply.error.reason}: ${reply.error.message}` : "done";
}

test("an overlay gets another address, which its rules hear of and the node answers to", () => {
  const asked = new AskedNode(PROGRAM);
  expect(rebind(asked, "hop", "10.0.0.9:010")).toBe("done");
  expect(rebind(asked, "HOP", 'sr::["10.0.0.9:10"]')).toBe("done");
  expect(asked.query("hop.localAddr")).toEqual(["Me", 'sr::["10.0.0.9:10"]']);
  expect(asked.query("hop.localAddrs").toSorted()).toEqual(['"10.0.0.9:10"', '"here:1"', "A", 'sr::["10.0.0.9:10"]']);
  expect(asked.query("hop.moves")).toEqual(["Old New", '"here:1" "10.0.0.9:10"', '"10.0.0.9:10" sr::["10.0.0.9:10"]']);
});

describe("the old address", () => {
  const SENDER = `${PROGRAM}
import "ron.mzl".
materialize(got, infinity, infinity, keys(1)).
got: got(X) :- hear(X).
told: hear@ron::"10.0.0.9:10"(X) :- tell(X).
`;

  test("belongs to the overlay for the grace period", () => {
    const asked = new AskedNode(PROGRAM);
    rebind(asked, "hop", "10.0.0.9:10");
    rebind(asked, "hop", "10.0.0.8:10", 5);
    expect(asked.query("hop.localAddrs").slice(1).toSorted()).toEqual(['"10.0.0.8:10"', '"10.0.0.9:10"', '"here:1"']);
    asked.clock.advance(5);
    expect(asked.query("hop.localAddrs").slice(1).toSorted()).toEqual(['"10.0.0.8:10"', '"here:1"']);
    asked.clock.advance(55);
    expect(asked.query("hop.localAddrs").slice(1)).toEqual(['"10.0.0.8:10"']);
  });

  test("is no longer kept when the move exceeds a limit", () => {
    const runaway = 'start: grow(0) :- localAddr("10.0.0.8:10").\nnext: grow(N + 1) :- grow(N).\n';
    const asked = new AskedNode(PROGRAM + runaway);
    rebind(asked, "hop", "10.0.0.9:10", 0);
    asked.clock.advance(1);
    expect(rebind(asked, "hop", "10.0.0.8:10")).toContain("limit");
    asked.node.insert("hop.localAddr", ["10.0.0.7:10"]);
    expect(asked.query("hop.localAddrs").slice(1)).toEqual(['"10.0.0.7:10"']);
  });

  test("still gets the tuples that nodes send to it", () => {
    const asked = new AskedNode(SENDER);
    rebind(asked, "ron", "10.0.0.9:10", 0);
    rebind(asked, "ron", "10.0.0.8:10", 5);
    asked.node.insert("hop.tell", [1]);
    asked.clock.advance(5);
    asked.node.insert("hop.tell", [2]);
    expect(asked.node.rows("hop.got")).toEqual([[1]]);
  });

  test("stays through a program swap", () => {
    const asked = new AskedNode(PROGRAM);
    rebind(asked, "hop", "10.0.0.9:10", 5);
    asked.node.replaceProgram(loadProgram(planOf(`${PROGRAM}more: more() :- ask().\n`)), []);
    expect(asked.query("hop.localAddrs").slice(1).toSorted()).toEqual(['"10.0.0.9:10"', '"here:1"']);
    asked.clock.advance(5);
    expect(asked.query("hop.localAddrs").slice(1)).toEqual(['"10.0.0.9:10"']);
  });
});

test.each([
  [
    "an overlay that is not loaded",
    'ron::"10.0.0.9:10"',
    "program: the node runs no overlay `ron`: it runs sr, hop, so it would not answer to the address",
  ],
  [
    "an overlay that it carries",
    'sr::["10.0.0.9:10"]',
    "program: hop would be carried by sr, which is carried by hop: give an address of another network",
  ],
  [
    "itself, by a hop",
    'sr::[hop::"10.0.0.9:10"]',
    "program: hop would be carried by hop: give an address of another network",
  ],
])("an overlay cannot be carried by %s", (_, address, message) => {
  const asked = new AskedNode(PROGRAM);
  rebind(asked, "sr", address.includes("hop::") ? "10.0.0.9:10" : 'hop::"10.0.0.9:10"');
  expect(rebind(asked, "hop", address)).toBe(message);
  expect(asked.node.rows("hop.localAddr")).toEqual([["here:1"]]);
});

test("an overlay that gets the address of the node follows it again", () => {
  const asked = new AskedNode(PROGRAM);
  rebind(asked, "hop", "10.0.0.9:10");
  rebind(asked, "hop", "here:1");
  asked.node.insert("localAddr", ["there:1"]);
  expect(asked.node.rows("hop.localAddr")).toEqual([["there:1"]]);
});

test.each([
  ["ron", "10.0.0.9:10", "program: the node runs no overlay `ron`: it runs sr, hop"],
  [
    "hop",
    "10.0.0.9",
    'program: `10.0.0.9` is no address: write 10.0.0.2:10000, or sr::["10.0.0.2:10000"] for one in an overlay',
  ],
  ["hop", "10.0.0.9:0", "program: `10.0.0.9:0` is no address: no node has port 0"],
  ["hop", '@"10.0.0.9:10"', 'program: `@"10.0.0.9:10"` is no address'],
  [
    "hop",
    'node::"a:1"',
    'program: `node::"a:1"` is no address: `node` is reserved for the node, so no overlay has this name',
  ],
  ["hop", 'sr::(udp::"a:1")', "`udp` is reserved for the node"],
  ["hop", "sr::(", "program: `sr::(` is no address"],
  ["hop", "f_rand()", "program: `f_rand()` is no address"],
  ["hop", 'hop::"10.0.0.9:10"', "program: hop cannot carry itself: give an address of another network"],
])("rebind %s %s is refused", (overlay, address, message) => {
  const asked = new AskedNode(PROGRAM);
  expect(rebind(asked, overlay, address)).toContain(message);
  expect(asked.node.rows("hop.localAddr")).toEqual([["here:1"]]);
});

test("an address that a rule defines is refused with the name of the rule", () => {
  const asked = new AskedNode(DEFINED);
  expect(rebind(asked, "hop", "10.0.0.9:10")).toBe(
    "program: rule `hop.d` (asked.mzl:10) defines `hop.localAddr`: change the tables that it reads",
  );
});

test.each([
  ["insert", 'hop.localAddr("10.0.0.9:10")', "rule `hop.d` (asked.mzl:10) defines `hop.localAddr`, a derived table"],
  ["delete", 'hop.localAddr("here:1")', "rule `hop.d` (asked.mzl:10) defines `hop.localAddr`, a derived table"],
])("%s %s is refused with the name of the rule that defines it", (action, text, message) => {
  const [reply] = new AskedNode(DEFINED).request({ do: action, text });
  expect(reply).toMatchObject({ ok: false, error: { message: expect.stringContaining(message) as string } });
});

test.each([
  ["hop.localAddr(7)", "column 1 of `hop.localAddr` must be of type string or address"],
  ['localAddr("foo")', '`"foo"` is not a location that the node can send to'],
  ['localAddr("10.0.0.9:0")', '`"10.0.0.9:0"` is not a location that the node can send to'],
  ['localAddr(node::"a:1")', "`node` is reserved for the node: no overlay can have this name"],
  ['hop.localAddr(hop::"10.0.0.9:10")', '`hop::"10.0.0.9:10"` is no own address of `hop`, which cannot carry itself'],
])("insert %s is refused, as rebind refuses the address", (text, message) => {
  const asked = new AskedNode(PROGRAM);
  const [reply] = asked.request({ do: "insert", text });
  expect(reply).toMatchObject({ ok: false, error: { message } });
  expect(asked.node.rows("hop.localAddr")).toEqual([["here:1"]]);
});

test.each([
  [{ overlay: "hop" }, '"address" is missing, or no string'],
  [{ address: "10.0.0.9:10" }, '"overlay" is missing, or no string'],
  [{ overlay: "hop", address: "10.0.0.9:10", grace: -1 }, '"grace" is no number of seconds'],
  [{ overlay: "hop", address: "10.0.0.9:10", grace: "1s" }, '"grace" is no number of seconds'],
  [{ overlay: 1, address: "10.0.0.9:10" }, '"overlay" is missing, or no string'],
])("the request %j is malformed", (fields, message) => {
  const [reply] = new AskedNode(PROGRAM).request({ do: "rebind", ...fields });
  expect(reply).toMatchObject({ ok: false, error: { reason: "malformed", message } });
});

test("a program swap keeps the address that an operator gave, and drops the one of a rule with the rule", () => {
  const asked = new AskedNode(PROGRAM);
  rebind(asked, "hop", "10.0.0.9:10");
  asked.node.replaceProgram(loadProgram(planOf(`${PROGRAM}more: more() :- ask().\n`)), []);
  expect(asked.node.rows("hop.localAddr")).toEqual([["10.0.0.9:10"]]);
  asked.node.replaceProgram(loadProgram(planOf(DEFINED)), []);
  expect(asked.node.rows("hop.localAddr")).toEqual([]);
  asked.node.insert("hop.outside", ["10.0.0.8:10"]);
  expect(asked.node.rows("hop.localAddr")).toEqual([["10.0.0.8:10"]]);
  asked.node.replaceProgram(loadProgram(planOf(PROGRAM)), []);
  expect(asked.node.rows("hop.localAddr")).toEqual([["here:1"]]);
  expect(asked.node.rows("hop.moves")).toEqual([
    ["here:1", "10.0.0.9:10"],
    ["10.0.0.9:10", null],
    [null, "10.0.0.8:10"],
    ["10.0.0.8:10", "here:1"],
  ]);
});

test("facts of OverLog load at each name of the node", () => {
  const text = `#pragma dialect overlog
materialize(p, infinity, infinity, keys(1,2)).
p("here:1", 1). p("there:1", 2). p("elsewhere:1", 3).
r: q(@X, Y) :- p(@X, Y).
`;
  const { node } = new AskedNode(text, { names: ["here:1", "there:1"] });
  expect(node.rows("p")).toEqual([
    ["here:1", 1],
    ["there:1", 2],
  ]);
});
