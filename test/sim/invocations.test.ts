import { describe, expect, test } from "vitest";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

const [HERE, THERE] = addressesOf(2) as [string, string];

/** All rows of the tables of pending calls, and of the tables private to calls. */
function pending(network: ProgramNetwork, addresses = network.addresses): readonly string[] {
  return addresses.flatMap((address) =>
    network
      .node(address)
      .metrics()
      .tables.filter(({ table, rows }) => rows > 0 && /\?|^gather\./.test(table))
      .map(({ table, rows }) => `${address} ${table} ${rows}`),
  );
}

describe("a pending call", () => {
  /** 20 ms each way. `lost` is the branch taken when a call fails. */
  const program = `
    import "ping.mzl".
    materialize(rtt, infinity, infinity, keys(1)).
    materialize(lost, infinity, infinity, keys(1)).
    materialize(all, infinity, infinity, keys(1)).
    r: rtt(N, RTT) :- go(N, To), localAddr(Me), ping(Me, To, &RTT).
    f: lost(To, Why) :- ping!fail(_, To, Why).

    def refuse(To, &X) timeout(3) {
      r1: this.ask@To() :- this.init(To).
      r2: this.fail("no") :- this.ask().
      r3: this.return(X) :- this.ask(), X <- [1], X > 1.
    }
    q: rtt(N, X) :- beg(N, To), refuse(To, &X).

    def several(To, &X) timeout(3) many {
      s1: this.ask@To() :- this.init(To).
      s2: this.return(X) :- this.ask(), X <- ["a", "b"].
      s3: this.said() :- this.ask().
      s4: this.done() :- this.said().
    }
    m: all(X) :- enumerate(To), several(To, &X).`;

  function started(event: string, ...args: readonly (string | number)[]): ProgramNetwork {
    const network = new ProgramNetwork({ program, addresses: [HERE, THERE], faults: { delay: 0.02 } });
    network.pass(1);
    expect(pending(network)).toEqual([]);
    network.node(HERE).insert(event, args);
    return network;
  }

  const waiting = (rule: string): readonly string[] => [`${HERE} ${rule}?1 1`];

  test.for<{
    readonly what: string;
    readonly rule: string;
    readonly event: string;
    readonly args: readonly (string | number)[];
  }>([
    { what: "returns", rule: "r", event: "go", args: [1, THERE] },
    { what: "fails", rule: "q", event: "beg", args: [1, THERE] },
    { what: "returns several times and is done", rule: "m", event: "enumerate", args: [THERE] },
  ])("and $what has its row from the call to that moment", ({ rule, event, args }) => {
    const network = started(event, ...args);
    expect(pending(network)).toEqual(waiting(rule));
    network.pass(0.0399);
    expect(pending(network)).toEqual(waiting(rule));
    network.pass(0.0002);
    expect(pending(network)).toEqual([]);
  });

  test("to a node that is killed meanwhile fails, and leaves nothing after its timeout", () => {
    const network = started("go", 1, THERE);
    network.pass(0.01);
    network.crash(THERE);
    network.pass(2.98);
    expect(pending(network, [HERE])).toEqual(waiting("r"));
    expect(network.rows(HERE, "lost")).toEqual([]);
    network.pass(0.02);
    expect(pending(network, [HERE])).toEqual([]);
    expect(network.rows(HERE, "lost")).toEqual([[THERE, "timeout"]]);
    expect(network.rows(HERE, "rtt")).toEqual([]);
  });
});

describe("overlapping invocations of one view", () => {
  const addresses = addressesOf(4);
  const CALLS = 100;
  const TIMEOUT = 20;
  /** Calls three nodes, collects their answers in a table, and returns when all have answered. */
  const program = `
    materialize(peer, infinity, infinity, keys(1)).
    materialize(got, infinity, infinity, keys(1, 2)).
    def gather(Tag, &All) timeout(${TIMEOUT}) {
      materialize(this.heard, infinity, infinity, keys(1)).
      g1: this.ask@To(Tag, Place, Me) :- this.init(Tag), peer(Place, To), localAddr(Me).
      g2: this.say@Back(Place, Tag) :- this.ask(Tag, Place, Back).
      g3: this.heard(Place, Tag) :- this.say(Place, Tag).
      g4: this.return(All) :- this.heard(1, X), this.heard(2, Y), this.heard(3, Z), All := [X, Y, Z].
    }
    r: got(Tag, All) :- go(Tag), gather(Tag, &All).
    materialize(missed, infinity, infinity, keys(1, 2)).
    f: missed(Tag, Why) :- gather!fail(Tag, Why).`;

  function started(): ProgramNetwork {
    return new ProgramNetwork({
      program,
      addresses,
      faults: { delay: 0.1, jitter: 0.1 },
      facts: (address) =>
        addresses
          .filter((other) => other !== address)
          .map((other, at) => ({ predicate: "peer", args: [at + 1, other] })),
    });
  }

  function callEverywhere(network: ProgramNetwork, call: number): void {
    for (const address of addresses) network.node(address).insert("go", [`${call} of ${address}`]);
    network.pass(0.003);
  }

  const tagsOf = (address: string): readonly string[] =>
    Array.from({ length: CALLS }, (_, call) => `${call} of ${address}`);

  test("never see each other's answers, on any nodes, and leave nothing", () => {
    const network = started();
    let open = 0;
    for (let call = 0; call < CALLS; call++) {
      callEverywhere(network, call);
      const tables = network.node(HERE).metrics().tables;
      open = Math.max(open, tables.find(({ table }) => table === "r?1")?.rows ?? 0);
    }
    network.pass(1);
    expect(open).toBeGreaterThan(CALLS / 4);
    for (const address of addresses) {
      const got = network.rows(address, "got");
      expect(got).toHaveLength(CALLS);
      expect(got).toEqual(expect.arrayContaining(tagsOf(address).map((tag) => [tag, [tag, tag, tag]])));
    }
    expect(pending(network)).toEqual([]);
  });

  test("with one node killed each return or fail, and leave nothing on the other nodes", () => {
    const network = started();
    const [killed = "", ...others] = addresses.toReversed();
    for (let call = 0; call < CALLS; call++) callEverywhere(network, call);
    network.crash(killed);
    network.pass(TIMEOUT - 0.5);
    expect(pending(network, others)).not.toEqual([]);
    network.pass(1.5);
    expect(pending(network, others)).toEqual([]);
    for (const address of others) {
      const [got, missed] = ["got", "missed"].map((table) => network.rows(address, table));
      expect(got?.length).toBeGreaterThan(0);
      expect(missed?.length).toBeGreaterThan(0);
      const ended = [...(got ?? []), ...(missed ?? [])].map(([tag]) => tag as string);
      expect(ended.toSorted()).toEqual(tagsOf(address).toSorted());
    }
  });
});
