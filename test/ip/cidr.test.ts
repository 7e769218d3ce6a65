import { expect, test } from "vitest";
import { formatCidr, parseCidr } from "../../runtime/ip/cidr.ts";

/** Text of a user, and the result of parsing it. */
const CASES = `
100.64.0.1/24      → 100.64.0.1/24
0.0.0.0/0          → 0.0.0.0/0
10.0.0.1/32        → 10.0.0.1/32
FD00::0:1/64       → fd00::1/64
::/128             → ::/128
100.64.0.1         → bad CIDR "100.64.0.1": it has the form ADDRESS/PREFIX; for example 100.64.0.1/24
100.64.0.1/        → bad CIDR "100.64.0.1/": the prefix is a number from 0 to 32; for example 100.64.0.1/24
100.64.0.1/33      → bad CIDR "100.64.0.1/33": the prefix is a number from 0 to 32; for example 100.64.0.1/24
fd00::1/129        → bad CIDR "fd00::1/129": the prefix is a number from 0 to 128; for example 100.64.0.1/24
10.0.0.1/+8        → bad CIDR "10.0.0.1/+8": the prefix is a number from 0 to 32; for example 100.64.0.1/24
10.0.0.1/8/9       → bad CIDR "10.0.0.1/8/9": it has the form ADDRESS/PREFIX; for example 100.64.0.1/24
10.0.0/8           → bad CIDR "10.0.0/8": "10.0.0" is not an IP address; for example 100.64.0.1/24
fe80::1%eth0/64    → bad CIDR "fe80::1%eth0/64": "fe80::1%eth0" is not an IP address; for example 100.64.0.1/24
`;

test.each(
  CASES.trim()
    .split("\n")
    .map((line) => line.split(/\s+→ /)),
)("%s", (text = "", expected = "") => {
  const result = parseCidr(text);
  expect(result.ok ? formatCidr(result.cidr) : result.message).toBe(expected);
});
