import { beforeEach, describe } from "vitest";
import { testOffloads, testSilentRouter, testWithoutChecksums, tunnelNeeds } from "./tunnel.ts";

const BYTES = 64 << 20;

beforeEach(({ skip }) => {
  const reason = tunnelNeeds();
  skip(reason !== undefined, reason);
});

describe("a tunnel between two kernels", () => {
  testOffloads([[], ["--no-tso"], ["--no-gso"], ["--no-gro"], ["--no-tso", "--no-gso", "--no-gro"]], BYTES);

  testSilentRouter(BYTES);

  testWithoutChecksums(
    [
      { outer: 4, inner: 4 },
      { outer: 6, inner: 6 },
    ],
    BYTES,
  );
});
