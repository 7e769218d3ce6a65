import { spec as admission } from "../elements/admission.ts";
import { spec as locSpecDemux } from "../elements/loc-spec-demux.ts";
import { spec as mux } from "../elements/mux.ts";
import { spec as networkIn } from "../elements/network-in.ts";
import { spec as networkOut } from "../elements/network-out.ts";
import { spec as overlayRecvUnwrap } from "../elements/overlay-recv-unwrap.ts";
import { spec as overlaySendWrap } from "../elements/overlay-send-wrap.ts";
import { spec as receiveDemux } from "../elements/receive-demux.ts";
import { spec as roundRobin } from "../elements/round-robin.ts";
import { spec as tcp } from "../elements/tcp.ts";
import { spec as tunRx } from "../elements/tun-rx.ts";
import { spec as tunTx } from "../elements/tun-tx.ts";
import { spec as viewChannel } from "../elements/view-channel.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";
import type { Graph } from "../plan/contract/graph.ts";

/** The hand-written elements, by name. */
export const elementSpecs: ReadonlyMap<string, ElementSpec> = new Map(
  [
    admission,
    locSpecDemux,
    mux,
    networkIn,
    networkOut,
    overlayRecvUnwrap,
    overlaySendWrap,
    receiveDemux,
    roundRobin,
    tcp,
    tunRx,
    tunTx,
    viewChannel,
  ].map((spec) => [spec.name, spec]),
);

/** Strands are emitted, Tables are the store, Discard is a counter; every other node of a drawing is an element. */
const DRAWN_ONLY: ReadonlySet<string> = new Set(["Strand", "Tables", "Discard"]);

/** Elements that the graph names and this runtime does not have. */
export function unknownElements({ nodes }: Graph): readonly string[] {
  const names = nodes.map((node) => node.element);
  return names.filter((name) => !elementSpecs.has(name) && !DRAWN_ONLY.has(name));
}
