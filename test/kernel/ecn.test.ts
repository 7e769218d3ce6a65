import { testEcn } from "./ecn.ts";

/** Each IP version outside and inside, with and without the flow cache. `ecn.long.test.ts` has the other combinations. */
testEcn({
  combined: [
    { cache: "with", families: { outer: 4, inner: 6 } },
    { cache: "without", families: { outer: 6, inner: 4 } },
  ],
  streams: [
    { between: "router", families: { outer: 6, inner: 4 } },
    { between: "relay", families: { outer: 4, inner: 4 } },
  ],
  dscp: [{ outer: 4, inner: 6 }],
});
