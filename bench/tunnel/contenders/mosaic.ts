import { fileURLToPath } from "node:url";
import { type Bed, type BedHost, HOSTS, type Network } from "../../harness/bed.ts";
import { type Contender, INNER_MTU, type Way } from "../contender.ts";

const MOSAIC = fileURLToPath(new URL("../../../mosaic", import.meta.url));
const LAYERS = fileURLToPath(new URL("three-layers.mzl", import.meta.url));

/** Rules between two hosts. */
export const TUNNEL: Contender = mosaic("tunnel.mzl", { program: "tunnel.mzl", isSilent: true, members: ["a", "b"] });

/** The same packet by packet: nothing that the kernel could do for many at once. */
export const TUNNEL_PLAIN: Contender = mosaic("tunnel.mzl, no offloads", {
  program: "tunnel.mzl",
  isSilent: true,
  members: ["a", "b"],
  more: () => ["--no-gso", "--no-gro", "--no-tso"],
});

/** A RON of three, of which two talk, directly. */
export const RON: Contender = mosaic("ron.mzl", { program: "ron.mzl", members: HOSTS });

/** The same with the direct link cut: every packet goes by way of the third. */
export const RON_DETOUR: Contender = mosaic("ron.mzl, one between", {
  program: "ron.mzl",
  members: HOSTS,
  prepare: (bed, network) => bed.cut(network, "a", "b"),
});

/** A RON whose members reach each other by source routes over another RON. */
export const THREE_LAYERS: Contender = mosaic("three layers", {
  program: LAYERS,
  members: HOSTS,
  isMapped: false,
  more: (host, nodes) => {
    const upper = (node: Node): string => `sr::[low::"${node.place}"]`;
    return nodes.flatMap((node) =>
      node.host === host
        ? ["--fact", `high.localAddr(${upper(node)})`]
        : ["--fact", `high.member(${upper(node)})`, "--fact", `addressMap("${node.inner}", high::${upper(node)})`],
    );
  },
});

/** One host's part in a contender. */
interface Node {
  readonly host: BedHost;
  /** Where its node listens. */
  readonly place: string;
  /** Its address inside. */
  readonly inner: string;
}

interface Setup {
  readonly program: string;
  readonly members: readonly BedHost[];
  /** It is not when left out. */
  readonly isSilent?: boolean;
  /** Whether naming a peer is enough for packets to find it, as it is with one overlay. It is when left out. */
  readonly isMapped?: boolean;
  /** Beside what every node is told. */
  readonly more?: (host: BedHost, nodes: readonly Node[]) => readonly string[];
  readonly prepare?: (bed: Bed, network: Network) => void;
}

function mosaic(
  name: string,
  { program, members, isSilent = false, isMapped = true, more, prepare }: Setup,
): Contender {
  return {
    name,
    needs: [],
    isSilent,
    start: (bed, number) => {
      const network = bed.addNetwork();
      prepare?.(bed, network);
      const inner = (host: BedHost): string => `100.64.${number}.${HOSTS.indexOf(host) + 1}`;
      const nodes = members.map((host) => ({ host, place: `${network.addressOf(host)}:10000`, inner: inner(host) }));
      const command = (self: Node): readonly string[] => {
        const device = `--tun=moz${number} --tun-addr ${self.inner}/24 --mtu ${INNER_MTU}`;
        const others = nodes.filter((node) => node !== self);
        const peers = others.map((node) => `--peer=${isMapped ? `${node.inner}=` : ""}${node.place}`);
        const start = [MOSAIC, "run", program, "--no-control", "--listen", self.place, ...device.split(" ")];
        return [...start, ...peers, ...(more?.(self.host, nodes) ?? [])];
      };
      const way: Way = { address: inner("b"), processes: nodes.map((node) => bed.spawn(node.host, command(node))) };
      return way;
    },
  };
}
