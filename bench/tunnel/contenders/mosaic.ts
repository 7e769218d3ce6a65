import { fileURLToPath } from "node:url";
import { type Bed, type BedHost, HOSTS, type Network } from "../bed.ts";
import { type Contender, INNER_MTU, type Way } from "../contender.ts";

const MOSAIC = fileURLToPath(new URL("../../../mosaic", import.meta.url));

/** Rules between two hosts. */
export const TUNNEL: Contender = mosaic("tunnel.mzl", ["tunnel.mzl"], ["a", "b"]);

/** A RON of three, of which two talk, directly. */
export const RON: Contender = mosaic("ron.mzl", ["ron.mzl"], HOSTS);

/** The same with the direct link cut: every packet goes by way of the third. */
export const RON_DETOUR: Contender = mosaic("ron.mzl, one between", ["ron.mzl"], HOSTS, (bed, network) =>
  bed.cut(network, "a", "b"),
);

function mosaic(
  name: string,
  programs: readonly string[],
  members: readonly BedHost[],
  prepare: (bed: Bed, network: Network) => void = () => {},
): Contender {
  return {
    name,
    needs: [],
    start: (bed, number) => {
      const network = bed.addNetwork();
      prepare(bed, network);
      const place = (host: BedHost): string => `${network.addressOf(host)}:10000`;
      const inner = (host: BedHost): string => `100.64.${number}.${HOSTS.indexOf(host) + 1}`;
      const command = (host: BedHost): readonly string[] => {
        const device = `--tun=moz${number} --tun-addr ${inner(host)}/24 --mtu ${INNER_MTU}`;
        const peers = members.filter((peer) => peer !== host).map((peer) => `--peer=${inner(peer)}=${place(peer)}`);
        return [MOSAIC, "run", ...programs, "--no-control", "--listen", place(host), ...device.split(" "), ...peers];
      };
      const way: Way = { address: inner("b"), processes: members.map((host) => bed.spawn(host, command(host))) };
      return way;
    },
  };
}
