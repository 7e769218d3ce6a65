import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import { functionNamed } from "../../../../runtime/plan/library/functions/registry.ts";

function sums(packet: Uint8Array): Uint8Array | undefined {
  return functionNamed("f_sums")?.call({} as Ambient, [packet]) as Uint8Array | undefined;
}

/** Sum of all 16-bit words by RFC 1071: 0xffff for bytes with a right checksum in them. */
function folded(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

function packetOf(version: 4 | 6, protocol: number, payload: readonly number[]): Uint8Array {
  const length = payload.length + (version === 4 ? 20 : 0);
  const size = [length >> 8, length & 255];
  if (version === 4)
    return Uint8Array.of(
      0x45,
      0,
      ...size,
      0,
      1,
      0x40,
      0,
      64,
      protocol,
      9,
      9,
      192,
      168,
      0,
      1,
      192,
      168,
      0,
      2,
      ...payload,
    );
  const address = (last: number): readonly number[] => [0xfd, ...Array.from({ length: 14 }, () => 0), last];
  return Uint8Array.of(0x60, 0, 0, 0, ...size, protocol, 64, ...address(1), ...address(2), ...payload);
}

const PROTOCOLS = [
  { protocol: 1, version: 4, header: 8 },
  { protocol: 6, version: 4, header: 20 },
  { protocol: 17, version: 4, header: 8 },
  { protocol: 6, version: 6, header: 20 },
  { protocol: 17, version: 6, header: 8 },
  { protocol: 58, version: 6, header: 8 },
] as const;

test.each(PROTOCOLS)(
  "f_sums writes the checksums of IPv$version protocol $protocol",
  ({ protocol, version, header }) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 255 }), { minLength: header, maxLength: 100 }), (payload) => {
        const summed = [...(sums(packetOf(version, protocol, payload)) as Uint8Array)];
        const start = version === 4 ? 20 : 40;
        const headerSum = version === 4 ? folded(summed.slice(0, 20)) : undefined;
        expect(headerSum).toBe(version === 4 ? 0xffff : undefined);
        const pseudo = version === 4 ? summed.slice(12, 20) : summed.slice(8, 40);
        const counted = protocol === 1 ? [] : [...pseudo, payload.length >> 8, payload.length & 255, 0, protocol];
        expect(folded([...counted, ...summed.slice(start)])).toBe(0xffff);
        expect(sums(Uint8Array.from(summed))).toEqual(Uint8Array.from(summed));
      }),
      { numRuns: 50 },
    );
  },
);

test("f_sums sums only the header of a fragment, and refuses cut headers and source routes", () => {
  const fragment = packetOf(
    4,
    17,
    Array.from({ length: 16 }, () => 7),
  );
  fragment[6] = 0x20;
  expect([...(sums(fragment) as Uint8Array)].slice(20)).toEqual(Array.from({ length: 16 }, () => 7));
  expect(sums(packetOf(4, 6, [1, 2, 3]))).toBeUndefined();
  expect(sums(packetOf(4, 17, [1, 2, 3, 4, 5, 6, 7, 8]).slice(0, -1))).toBeUndefined();
  const routed = [17, 2, 0, 1, ...Array.from({ length: 20 }, () => 0), 0, 1, 0, 2, 0, 8, 0, 0];
  expect(sums(packetOf(6, 43, routed))).toBeUndefined();
});

test("f_sums has a value of the same length or fails for any bytes", () => {
  const check = (bytes: Uint8Array): void => {
    expect(sums(bytes)?.length ?? bytes.length).toBe(bytes.length);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), check));
  const headers = fc.tuple(fc.constantFrom(0x45, 0x4f, 0x60), fc.uint8Array({ minLength: 19, maxLength: 90 }));
  fc.assert(fc.property(headers, ([first, rest]) => check(Uint8Array.from([first, ...rest]))));
});
