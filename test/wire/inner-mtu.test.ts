import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { innerMtu } from "../../runtime/wire/inner-mtu.ts";

const WAY = `
overlay way.
rcv: way.recv(Packet) :- way.send(_, Packet).
`;
const WAY_WITH_OPTIONS = `
overlay costly.
rcv: costly.recv(Packet) :- costly.send(_, _, Packet).
`;

function planOf(text: string): Plan {
  const library = new FileLibrary();
  library.addText("way", WAY);
  library.addText("costly", WAY_WITH_OPTIONS);
  library.addText("all", text);
  const { plan } = compile(["all", "tunnel.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program is sound");
  return plan;
}

/** Encapsulates a packet by all overlays. */
function wrapped({ predicates, overlays }: Plan, length: number): Tuple {
  const tun = predicates.find((spec) => spec.role.kind === "tun") as PredicateSpec;
  const packet: Tuple = { predicate: tun, args: [new Uint8Array(length)], isDelete: false };
  return overlays.reduce<Tuple>((inner, { send }) => {
    const predicate = predicates[send ?? -1] as PredicateSpec;
    const options = predicate.arity === 3 ? [[0.02]] : [];
    return { predicate, args: ["255.255.255.255:65535", ...options, Packet.of(inner)], isDelete: false };
  }, packet);
}

function datagrams(tuple: Tuple, maxPayload: number): number {
  const builder = new DatagramBuilder(maxPayload);
  builder.add(tuple);
  return builder.take().length;
}

describe("a packet of the length of the MTU just fits a datagram", () => {
  test.each([
    ["without an overlay", "", 1439],
    ["in one", `import "way" as one`, 1408],
    ["in one whose addresses have an option", `import "costly"`, 1397],
    ["in three", `import "way" as one\nimport "way" as two\nimport "way" as three`, 1346],
  ])("%s", (_, text, mtu) => {
    const plan = planOf(text);
    expect(innerMtu(plan, 1452)).toBe(mtu);
    expect(datagrams(wrapped(plan, mtu), 1452)).toBe(1);
    expect(datagrams(wrapped(plan, mtu + 1), 1452)).toBe(2);
  });

  test("but the MTU is never below the minimum of IPv6", () => {
    expect(innerMtu(planOf(""), 1000)).toBe(1280);
  });
});
