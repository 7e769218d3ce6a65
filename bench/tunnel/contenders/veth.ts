import type { Contender } from "../tunnel-contender.ts";

/** No tunnel. */
export const VETH: Contender = {
  name: "veth",
  needs: [],
  isQuietWhenIdle: true,
  start: (bed) => ({ address: bed.addNetwork().addressOf("b"), processes: [] }),
};
