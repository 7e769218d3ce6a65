import type { BedHost } from "../../harness/test-bed.ts";
import { type Contender, INNER_MTU } from "../tunnel-contender.ts";

/** OpenVPN without cipher and without authentication, point to point. */
export const OPENVPN: Contender = {
  name: "OpenVPN",
  needs: ["openvpn"],
  isQuietWhenIdle: true,
  start: (bed, number) => {
    const network = bed.addNetwork();
    const inner = { a: `100.64.${number}.1`, b: `100.64.${number}.2` };
    const command = (here: "a" | "b", there: "a" | "b"): readonly string[] => {
      const device = `--dev openvpn0 --dev-type tun --tun-mtu ${INNER_MTU} --ifconfig ${inner[here]} ${inner[there]}`;
      const socket = `--proto udp --port 1194 --local ${network.addressOf(here)} --remote ${network.addressOf(there)}`;
      return `openvpn ${device} ${socket} --cipher none --auth none --verb 0`.split(" ");
    };
    const start = (here: BedHost & keyof typeof inner, there: keyof typeof inner) =>
      bed.spawn(here, command(here, there));
    return { address: inner.b, processes: [start("a", "b"), start("b", "a")] };
  },
};
