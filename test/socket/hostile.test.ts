import fc from "fast-check";
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { callForm, socketEvents, socketViewName, socketViews } from "../../runtime/plan/values/socket-view.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { arbitraryValue } from "../arbitrary-value.ts";
import { compileProgram } from "../sim/program-network.ts";

const HOST = "10.0.0.1";

/** Program that makes every call, on this node and on others, so that all events of calls exist. */
const PROGRAM = `
a: done(X) :- wish(X), tcp.listen@X(X, &_) timeout(5).
b: done(X) :- wish(X), tcp.accept@X(X, &_, &_) timeout(5).
c: done(X) :- wish(X), tcp.connect@X(X, &_) timeout(5).
d: done(X) :- wish(X), tcp.read@X(X, X, &_) timeout(5).
e: done(X) :- wish(X), tcp.write@X(X, X, &_) timeout(5).
f: done(X) :- wish(X), tcp.close@X(X) timeout(5).
g: done(X) :- wish(X), tcp.shutdown@X(X) timeout(5).
l: opened(S) :- open(A), tcp.listen(A, &S).
j: opened(S) :- join(A), tcp.connect(A, &S).
u: done(X) :- wish(X), udp.open@X(X, &_) timeout(5).
v: done(X) :- wish(X), udp.close@X(X) timeout(5).
w: udp.send(X, X, X) :- wish(X).
x: gone(S) :- tcp.closed(S).
y: heard(S, From, B) :- udp.recv(S, From, B).
z: udp.send(S, From, B) :- heard(S, From, B).
materialize(opened, infinity, infinity, keys(1)).
`;

const program = compileProgram(PROGRAM);

/** Creates a node with a listening socket and both ends of a connection. */
function start(): { readonly node: Node; readonly simulation: Simulation; readonly sockets: readonly Value[] } {
  const simulation = new Simulation({ seed: 1 });
  let node: Node | undefined;
  const name = `${HOST}:10000`;
  simulation
    .addHost({
      name,
      address: name,
      boot: (world) => {
        node = new Node(program, world, { names: [name], facts: [], watch: [] });
        node.start();
      },
    })
    .start();
  const started = node as unknown as Node;
  started.insert("open", [`${HOST}:7`]);
  started.insert("join", [`${HOST}:7`]);
  simulation.runUntil(1);
  return { node: started, simulation, sockets: (started.rows("opened") ?? []).map(([socket = null]) => socket) };
}

const argument = fc.oneof(
  arbitraryValue(),
  fc.constantFrom<Value>("10.0.0.1:7", "10.0.0.1:8", `${HOST}:10000`, 0, 1, 70_000, "words", "a socket", "another"),
);

const command = fc.record({
  view: fc.constantFrom(...socketViews),
  event: fc.constantFrom(...socketEvents),
  args: fc.array(argument, { minLength: 6, maxLength: 6 }),
  seconds: fc.constantFrom(0, 0, 0.5, 10),
});

test("a node survives any tuples about sockets, and can still open sockets", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const { node, simulation, sockets } = start();
      const meant = (value: Value): Value =>
        value === "a socket" ? (sockets[0] ?? 0) : value === "another" ? (sockets[1] ?? 0) : value;
      for (const { view, event, args, seconds } of commands) {
        const { inputs, outputs } = callForm(view);
        const arity = {
          init: 2 + inputs.length,
          over: 1,
          return: 1 + outputs.length,
          fail: 2,
          answered: 2 + outputs.length,
          refused: 3,
        }[event];
        expect(node.insert(`${socketViewName(view)}.${event}`, args.slice(0, arity).map(meant))).toBe(true);
        simulation.runUntil(simulation.now + seconds);
      }
      for (const value of commands.flatMap(({ args }) => args)) node.insert("wish", [meant(value)]);
      simulation.runUntil(simulation.now + 60);
      node.insert("open", [`${HOST}:9`]);
      expect(node.rows("opened")).toHaveLength(3);
    }),
    { numRuns: 200 },
  );
});
