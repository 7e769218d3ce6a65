import type { ElementSpec } from "../plan/contract/element-spec.ts";
import { spec as locSpecDemux } from "./loc-spec-demux.ts";
import { spec as mux } from "./mux.ts";
import { spec as networkIn } from "./network-in.ts";
import { spec as networkOut } from "./network-out.ts";
import { spec as overlayRecvUnwrap } from "./overlay-recv-unwrap.ts";
import { spec as overlaySendWrap } from "./overlay-send-wrap.ts";
import { spec as receiveDemux } from "./receive-demux.ts";
import { spec as roundRobin } from "./round-robin.ts";
import { spec as tcp } from "./tcp.ts";
import { spec as tapRx } from "./tap-rx.ts";
import { spec as tapTx } from "./tap-tx.ts";
import { spec as tunRx } from "./tun-rx.ts";
import { spec as tunTx } from "./tun-tx.ts";
import { spec as udpRx } from "./udp-rx.ts";
import { spec as udpTx } from "./udp-tx.ts";
import { spec as viewChannel } from "./view-channel.ts";

/**
 * Specs of the elements by name, to print their manuals. A node does not use this table: `dataflow.ts` and `ports.ts` create its elements.
 */
export const elementSpecs: ReadonlyMap<string, ElementSpec> = new Map(
  [
    locSpecDemux,
    mux,
    networkIn,
    networkOut,
    overlayRecvUnwrap,
    overlaySendWrap,
    receiveDemux,
    roundRobin,
    tcp,
    tapRx,
    tapTx,
    tunRx,
    tunTx,
    udpRx,
    udpTx,
    viewChannel,
  ].map((spec) => [spec.name, spec]),
);
