import fc from "fast-check";
import { expect, test } from "vitest";
import { type Echo, readEcho, writeEcho } from "../../runtime/sim/icmp-echo.ts";

const word = fc.integer({ min: 0, max: 0xffff });
const address = fc.ipV4();
const echoes: fc.Arbitrary<Echo> = fc.record({
  kind: fc.constantFrom("request", "reply"),
  source: address,
  destination: address,
  identifier: word,
  sequence: word,
  payload: fc.uint8Array({ maxLength: 100 }),
});

test("an echo is written as RFC 791 and RFC 792 define it", () => {
  const payload = Uint8Array.of(0, 0xfe, 0, 0);
  const echo: Echo = {
    kind: "request",
    source: "10.0.0.1",
    destination: "10.0.0.2",
    identifier: 2,
    sequence: 1,
    payload,
  };
  // 4500 + 0020 + 4001 + 0a00 + 0001 + 0a00 + 0002 = 9924, whose complement is 66db; 0800 + 0002 + 0001 + 00fe = 0901.
  const [ip, icmp] = ["4500 0020 0000 0000 4001 66db 0a000001 0a000002", "0800 f6fe 0002 0001 00fe 0000"];
  expect(Buffer.from(writeEcho(echo)).toString("hex")).toBe(`${ip}${icmp}`.replaceAll(" ", ""));
});

test("a written echo reads back equal", () => {
  fc.assert(
    fc.property(echoes, (echo) => {
      expect(readEcho(writeEcho(echo))).toEqual(echo);
    }),
  );
});

test("an echo with any wrong bit in headers or payload is rejected", () => {
  fc.assert(
    fc.property(echoes, fc.nat(), (echo, where) => {
      const packet = writeEcho(echo);
      const bit = where % (packet.length * 8);
      packet[bit >> 3] = (packet[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(readEcho(packet)).toBeUndefined();
    }),
  );
});

test("arbitrary bytes are rejected, without exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(readEcho(bytes)).toBeUndefined();
    }),
  );
});
