import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIp, parseIp } from "../../../runtime/plan/values/ip-address.ts";

/** Input above, canonical text below. */
const CASES = `
100.64.0.2
100.64.0.2

2001:DB8:0:0:1:0:0:1
2001:db8::1:0:0:1

::
::

::1
::1

fd00::
fd00::

2001:db8:0:1:1:1:1:1
2001:db8:0:1:1:1:1:1

::ffff:a00:1
::ffff:10.0.0.1

64:ff9b::192.0.2.33
64:ff9b::c000:221
`;

const NONE = ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", ":::", "1::2::3", "fe80::1%eth0", "::g", "localhost"];

describe("an IP address", () => {
  test.each(pairs(CASES))("%s is written %s", (input, canonical) => {
    expect(formatIp(parseIp(input) ?? new Uint8Array(4))).toBe(canonical);
  });

  test.each(NONE)("%j is refused", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test("formatted addresses are parsed to the same bytes", () => {
    const address = fc.oneof(bytes(4), bytes(16), sparse(16));
    fc.assert(
      fc.property(address, (value) => {
        expect(parseIp(formatIp(value))).toEqual(value);
      }),
    );
  });
});

function pairs(text: string): readonly (readonly [string, string])[] {
  return text
    .trim()
    .split("\n\n")
    .map((pair) => {
      const [input = "", output = ""] = pair.split("\n");
      return [input, output] as const;
    });
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Addresses with many zeros, like real IPv6 addresses. */
function sparse(length: number): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) });
  return fc.array(byte, { minLength: length, maxLength: length }).map((values) => Uint8Array.from(values));
}
