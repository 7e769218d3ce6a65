import { formatValue } from "../../runtime/plan/format.ts";
import { type Compilation, compile } from "../compile.ts";
import { wrongUsage } from "./failure.ts";
import { FileLibrary } from "./file-library.ts";
import type { Peer } from "./peer.ts";

/** What the command line says of the program to run. */
export interface ProgramOptions {
  readonly files: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  readonly peers: readonly Peer[];
  /** A TUN device was asked for. */
  readonly hasTun: boolean;
}

const TUNNEL = "tunnel.mzl";
const ADDRESS_MAP = "addressMap";

/**
 * Compiles the files together with what the options add to them: facts, members, virtual addresses, and the standard
 * tunnel when there is a device that no rule uses.
 */
export function compileForRun(options: ProgramOptions): Compilation {
  const library = new FileLibrary();
  const bare = compileWith(library, options, options.files);
  if (bare.plan === undefined) return bare;
  const usesTun = bare.plan.strands.some(
    ({ trigger }) => bare.plan?.predicates[trigger.predicate]?.role.kind === "tun",
  );
  const files = options.hasTun && !usesTun ? [...options.files, TUNNEL] : options.files;
  const base = files === options.files ? bare : compileWith(library, options, files);
  const facts = [...options.facts, ...peerFacts(base, options)];
  if (facts.length === 0 || base.plan === undefined) return base;
  library.give("--fact", facts.map((fact) => `${fact.trim().replace(/\.?$/, ".")}\n`).join(""));
  return compileWith(library, options, [...files, "--fact"]);
}

function compileWith(library: FileLibrary, { defines }: ProgramOptions, files: readonly string[]): Compilation {
  return compile(files, library, { defines, dialect: undefined });
}

/** A peer is a member of the overlay, and the home of its virtual address: over that overlay, or over IP when there is none. */
function peerFacts({ plan }: Compilation, { peers }: ProgramOptions): readonly string[] {
  if (plan === undefined || peers.length === 0) return [];
  const overlays = plan.overlays.filter((overlay) => overlay.member !== undefined);
  const carriers = plan.overlays.filter((overlay) => overlay.send !== undefined);
  const hasMap = plan.predicates.some((spec) => spec.name === ADDRESS_MAP && spec.table !== undefined);
  return peers.flatMap(({ virtual, address }) => {
    const members = overlays.map((overlay) => `${overlay.name}.member(${formatValue(address)})`);
    if (virtual === undefined && members.length === 0) {
      throw wrongUsage(
        "--peer",
        `no loaded overlay has a table \`member\`; give \`${address}\` a virtual address: VIP=${address}`,
      );
    }
    if (virtual === undefined || !hasMap) return members;
    return [
      ...members,
      `${ADDRESS_MAP}(${formatValue(virtual)}, ${home(
        address,
        carriers.map((one) => one.name),
      )})`,
    ];
  });
}

function home(address: string, carriers: readonly string[]): string {
  const [carrier, ...others] = carriers;
  if (others.length > 0) {
    throw wrongUsage(
      "--peer",
      `several overlays are loaded (${carriers.join(", ")}); say which carries ${address} with --fact '${ADDRESS_MAP}(..)'`,
    );
  }
  return carrier === undefined ? formatValue(address) : `${carrier}::${formatValue(address)}`;
}
