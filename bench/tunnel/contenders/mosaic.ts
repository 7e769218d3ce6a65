import { fileURLToPath } from "node:url";
import { type TestBed, type BedHost, HOSTS, type Network } from "../../harness/test-bed.ts";
import type { SessionKeys } from "../../../runtime/world/links.ts";
import { type Contender, INNER_MTU, type Tunnel } from "../tunnel-contender.ts";

const MOSAIC = fileURLToPath(new URL("../../../mosaic", import.meta.url));
const SHIMMED = fileURLToPath(new URL("../../seams/shim.mzl", import.meta.url));
const SEALING = fileURLToPath(new URL("../../seams/sealed.mzl", import.meta.url));
const INDIRECTION = fileURLToPath(new URL("indirection.mzl", import.meta.url));
const SEALED_NODE = fileURLToPath(new URL("sealed-node.ts", import.meta.url));
/** Options that the script `mosaic` gives to Node.js, as far as they matter for speed. */
const V8_OPTIONS: readonly string[] = ["--min-semi-space-size=8", "--max-semi-space-size=16"];
const LAYERS = fileURLToPath(new URL("three-layers.mzl", import.meta.url));

/** `tunnel.mzl` between two hosts. */
export const TUNNEL: Contender = mosaic("tunnel.mzl", {
  program: "tunnel.mzl",
  isQuietWhenIdle: true,
  members: ["a", "b"],
});

/** The same without kernel offloads: each packet crosses the kernel separately. */
export const TUNNEL_PLAIN: Contender = mosaic("tunnel.mzl, no offloads", {
  program: "tunnel.mzl",
  isQuietWhenIdle: true,
  members: ["a", "b"],
  more: () => ["--no-gso", "--no-gro", "--no-tso"],
});

/** The same with sealed datagrams, by each cipher. The keys are fixed. */
export const TUNNEL_AES: Contender = mosaic("tunnel.mzl, AES-256-GCM", {
  program: "tunnel.mzl",
  isQuietWhenIdle: true,
  members: ["a", "b"],
  cipher: "aes-256-gcm",
});
export const TUNNEL_CHACHA: Contender = mosaic("tunnel.mzl, ChaCha20-Poly1305", {
  program: "tunnel.mzl",
  isQuietWhenIdle: true,
  members: ["a", "b"],
  cipher: "chacha20-poly1305",
});

/** A RON of three hosts, two of which exchange packets directly. */
export const RON: Contender = mosaic("ron.mzl", { program: "ron.mzl", members: HOSTS });

/** The same with the direct link cut: the third host forwards every packet. */
export const RON_DETOUR: Contender = mosaic("ron.mzl, one between", {
  program: "ron.mzl",
  members: HOSTS,
  prepare: (bed, network) => bed.blackhole(network, "a", "b"),
});

/** A RON whose members reach each other by source routes over another RON. */
export const THREE_LAYERS: Contender = mosaic("three layers", {
  program: LAYERS,
  members: HOSTS,
  isMapped: false,
  more: (host, nodes) => {
    const upper = (node: Node): string => `sr::[low::"${node.location}"]`;
    return nodes.flatMap((node) =>
      node.host === host
        ? ["--fact", `high.localAddr(${upper(node)})`]
        : ["--fact", `high.member(${upper(node)})`, "--fact", `addressMap("${node.inner}", high::${upper(node)})`],
    );
  },
});

/** A ring of three hosts, of which the third is the i3 server of all keys: its id is the greatest. It forwards every packet. */
export const I3: Contender = mosaic("i3.mzl", {
  program: INDIRECTION,
  members: HOSTS,
  isMapped: false,
  more: (host, nodes) => {
    const ring = nodes.map(({ location }) => JSON.stringify(location)).join(", ");
    const id = host === "c" ? `0x${"f".repeat(40)}I` : `0x${HOSTS.indexOf(host)}I`;
    const facts = nodes.map(({ host: one, inner }) =>
      one === host ? `i3.trigger(f_sha1("${inner}"), [])` : `addressMap("${inner}", i3::f_sha1("${inner}"))`,
    );
    return [
      "-D",
      "SUCCESSORS=2",
      ...[`chord.boot([${ring}])`, `chord.self(${id})`, ...facts].flatMap((fact) => ["--fact", fact]),
    ];
  },
});

/** A tunnel by UDP sockets of its rules, with four bytes before each packet. */
export const SHIM: Contender = mosaic("udp.send, 4 bytes before", {
  program: SHIMMED,
  isQuietWhenIdle: true,
  members: ["a", "b"],
});

/** The same, in which the rules seal each packet. */
export const SEALED: Contender = mosaic("udp.send, sealed", {
  program: SEALING,
  isQuietWhenIdle: true,
  members: ["a", "b"],
});

/** One node of a contender. */
interface Node {
  readonly host: BedHost;
  /** Address that the node listens on. */
  readonly location: string;
  /** Its address inside the tunnel. */
  readonly inner: string;
}

interface Setup {
  readonly program: string;
  readonly members: readonly BedHost[];
  /** False when left out. */
  readonly isQuietWhenIdle?: boolean;
  /** Whether `--peer` alone maps inner addresses to peers, as it does with one overlay. True when left out. */
  readonly isMapped?: boolean;
  /** Cipher of the datagrams. They are not sealed when left out. */
  readonly cipher?: SessionKeys["cipher"];
  /** Further options of a host's node. */
  readonly more?: (host: BedHost, nodes: readonly Node[]) => readonly string[];
  readonly prepare?: (bed: TestBed, network: Network) => void;
}

/** The node of the bundle, or the one with fixed keys, from the sources. */
function commandOf(cipher: SessionKeys["cipher"] | undefined): readonly string[] {
  return cipher === undefined ? [MOSAIC] : [process.execPath, ...V8_OPTIONS, SEALED_NODE, cipher];
}

function mosaic(
  name: string,
  { program, members, isQuietWhenIdle = false, isMapped = true, cipher, more, prepare }: Setup,
): Contender {
  return {
    name,
    needs: [],
    isQuietWhenIdle,
    start: (bed, number) => {
      const network = bed.addNetwork();
      prepare?.(bed, network);
      const inner = (host: BedHost): string => `100.64.${number}.${HOSTS.indexOf(host) + 1}`;
      const nodes = members.map((host) => ({ host, location: `${network.addressOf(host)}:10000`, inner: inner(host) }));
      const command = (self: Node): readonly string[] => {
        const device = `--tun=moz${number} --tun-addr ${self.inner}/24 --mtu ${INNER_MTU}`;
        const others = nodes.filter((node) => node !== self);
        const peers = others.map((node) => `--peer=${isMapped ? `${node.inner}=` : ""}${node.location}`);
        const start = [
          ...commandOf(cipher),
          "run",
          program,
          "--no-control",
          "--insecure",
          "--listen",
          self.location,
          ...device.split(" "),
        ];
        return [...start, ...peers, ...(more?.(self.host, nodes) ?? [])];
      };
      const tunnel: Tunnel = {
        address: inner("b"),
        processes: nodes.map((node) => bed.spawn(node.host, command(node))),
      };
      return tunnel;
    },
  };
}
