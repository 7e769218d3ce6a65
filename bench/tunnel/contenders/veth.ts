import type { Contender } from "../contender.ts";

/** No tunnel. */
export const VETH: Contender = {
  name: "veth",
  needs: [],
  isSilent: true,
  start: (bed) => ({ address: bed.addNetwork().addressOf("b"), processes: [] }),
};
