import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalAddress } from "../../../runtime/plan/values/canonical-address.ts";

/** Text that enters a node, and the text that its rules see. */
const CASES = `
[FD99::2]:10000      → [fd99::2]:10000
[fd99:0::0:2]:010000 → [fd99::2]:10000
[fd99:0::0:2]:01000  → [fd99::2]:1000
[::ffff:10.0.0.1]:1  → 10.0.0.1:1
[FE80::1%eth0]:1     → [fe80::1%eth0]:1
10.0.0.2:00080       → 10.0.0.2:80
FD99::2              → fd99::2
fd99:0:0:0:0:0:0:2   → fd99::2
::ffff:100.64.0.2    → 100.64.0.2
FD99::/064           → fd99::/64
100.64.0.2           → 100.64.0.2
Host.Example:1       → Host.Example:1
12:30                → 12:30
x::Y                 → x::Y
[FD99::G]:1          → [FD99::G]:1
`;

test.each(
  CASES.trim()
    .split("\n")
    .map((line) => line.split(/\s+→ /)),
)("%s", (text = "", expected = "") => {
  expect(canonicalAddress(text)).toBe(expected);
});

test("a canonical text stays as it is", () => {
  const text = fc.oneof(
    fc.string(),
    fc.ipV6(),
    fc.tuple(fc.ipV6(), fc.nat(65_535)).map(([ip, port]) => `[${ip}]:${port}`),
  );
  fc.assert(
    fc.property(text, (written) => {
      const canonical = canonicalAddress(written);
      expect(canonicalAddress(canonical)).toBe(canonical);
    }),
  );
});
