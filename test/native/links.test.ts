import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { LINK_CIPHERS, LINK_COUNTS, LINK_STATE, LINKS_MAX } from "../../native/index.ts";
import { needs } from "../needs.ts";
import {
  address,
  type CipherName,
  KEYS,
  LINK,
  newPair,
  newTable,
  open,
  openByNode,
  seal,
  sealByNode,
  type Table,
} from "./link-pair.ts";

const CIPHERS: readonly CipherName[] = ["aes-256-gcm", "chacha20-poly1305"];
const WINDOW = 8_128;

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

/** A plain datagram with so many bytes after its header. */
function plainOf(length: number, flags: number = 0): Buffer {
  return Buffer.concat([Buffer.from([0x4d, 0x5a, 1, flags]), Buffer.alloc(length, "plain text ")]);
}

function countsOf({ counts }: Table): Partial<Record<keyof typeof LINK_COUNTS, number>> {
  const all = Object.entries(LINK_COUNTS).map(([name, at]) => [name, counts[at]] as const);
  return Object.fromEntries(all.filter(([, count]) => count !== 0));
}

/** Random numbers from a seed: xorshift of 32 bits. */
function randoms(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}

describe.each(CIPHERS)("%s", (cipher) => {
  test.each([0, 1, 15, 16, 17, 64, 500, 1400, 9000])("seals %d bytes as node:crypto does", (length) => {
    const { here } = newPair(cipher);
    for (const [counter, isBulk, flags] of [
      [0n, false, 0],
      [0n, true, 0],
      [1n, true, 0],
      [1n, false, 1],
    ] as const) {
      const plain = plainOf(length, flags);
      const sealed = seal(here, plain, isBulk);
      expect(sealed.toString("hex")).toBe(sealByNode(cipher, KEYS.here, 22, counter, plain, isBulk).toString("hex"));
      expect(openByNode(cipher, KEYS.here, sealed)).toEqual(plain);
    }
  });

  test.each([0, 1, 16, 1400])("opens %d bytes that node:crypto has sealed", (length) => {
    const { there } = newPair(cipher);
    for (const [counter, isBulk, flags] of [
      [7n, false, 1],
      [2n ** 63n, true, 0],
    ] as const) {
      const plain = plainOf(length, flags);
      expect(open(there, sealByNode(cipher, KEYS.here, 22, counter, plain, isBulk))).toEqual(plain);
    }
  });

  test("opens nothing in which one bit differs", () => {
    const { here, there } = newPair(cipher);
    const sealed = seal(here, plainOf(20));
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const forged = Buffer.from(sealed);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(open(there, forged)).toBeUndefined();
    }
    expect(open(there, sealed)).toEqual(plainOf(20));
  });

  test("opens nothing of another length, and nothing that it has sealed itself", () => {
    const { here, there } = newPair(cipher);
    const sealed = seal(here, plainOf(20));
    for (let length = 0; length < sealed.length; length++)
      expect(open(there, sealed.subarray(0, length))).toBeUndefined();
    expect(open(there, Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined();
    expect(open(here, sealed)).toBeUndefined();
  });

  test("seals a train as it seals its datagrams", () => {
    const { here } = newPair(cipher);
    const rows = Array.from({ length: 45 }, (_, row) => plainOf(row === 44 ? 90 : 1400).fill(row, 4));
    const sealed = Buffer.alloc(45 * 1500);
    const written = here.handle.seal(
      LINK,
      Buffer.concat(rows).subarray(0, 1404),
      1404,
      45,
      44 * 1404,
      94,
      true,
      sealed,
    );
    const expected = rows.map((row, counter) => sealByNode(cipher, KEYS.here, 22, BigInt(counter), row, true));
    expect(sealed.subarray(0, written)).toEqual(Buffer.concat(expected));
  });
});

describe("a replay window", () => {
  /** Counters near the latest ones, far behind, far ahead, and again. */
  function next(random: (end: number) => number, greatest: number): number {
    const kind = random(100);
    if (kind < 60) return greatest + 1 + random(3);
    if (kind < 80) return Math.max(0, greatest - random(200));
    if (kind < 97) return Math.max(0, greatest - WINDOW - 100 + random(200));
    return greatest + random(3 * WINDOW);
  }

  test("admits what a plain list admits", { timeout: 60_000 }, () => {
    const { there } = newPair();
    const random = randoms(1);
    const lanes = [0, 1].map(() => ({ seen: new Set<number>(), greatest: -1 }));
    let [admitted, refused] = [0, 0];
    for (let turn = 0; turn < 50_000; turn++) {
      const isBulk = random(2) === 1;
      const lane = lanes[isBulk ? 1 : 0] as (typeof lanes)[number];
      const counter = next(random, lane.greatest);
      const isNew = counter > lane.greatest - WINDOW && !lane.seen.has(counter);
      const opened = open(there, sealByNode("aes-256-gcm", KEYS.here, 22, BigInt(counter), plainOf(4), isBulk));
      if ((opened !== undefined) !== isNew) throw new Error(`turn ${turn}: counter ${counter} of lane ${isBulk}`);
      if (isNew) admitted++;
      else refused++;
      lane.seen.add(counter);
      lane.greatest = Math.max(lane.greatest, counter);
    }
    expect(Math.min(admitted, refused)).toBeGreaterThan(5_000);
    expect(countsOf(there)).toEqual({ opened: admitted, replayed: refused });
  });

  test("ends at 8,128 counters, and has no place for the last number of all", () => {
    const { there } = newPair();
    const at = (counter: bigint): Buffer | undefined =>
      open(there, sealByNode("aes-256-gcm", KEYS.here, 22, counter, plainOf(0), false));
    expect(at(2n ** 64n - 2n)).toBeDefined();
    expect(at(2n ** 64n - 1n)).toBeUndefined();
    expect(at(2n ** 64n - 1n - BigInt(WINDOW))).toBeDefined();
    expect(at(2n ** 64n - 2n - BigInt(WINDOW))).toBeUndefined();
    expect(countsOf(there)).toEqual({ opened: 2, replayed: 2 });
  });

  test("is not moved by a forged counter", () => {
    const { here, there } = newPair();
    const forged = seal(here, plainOf(4));
    forged.writeBigUInt64BE(2n ** 40n, 8);
    expect(open(there, forged)).toBeUndefined();
    expect(open(there, seal(here, plainOf(4)))).toBeDefined();
  });
});

describe("a session", () => {
  test("seals once its peer is known to have the keys", () => {
    const [here, there] = [newTable(), newTable()];
    for (const { handle } of [here, there]) handle.setEndpoint(LINK, address());
    here.handle.addSession(LINK, 11, 22, 0, KEYS.here, KEYS.there, true);
    there.handle.addSession(LINK, 22, 11, 0, KEYS.there, KEYS.here, false);
    expect([here.seals[LINK], there.seals[LINK]]).toEqual([1, 0]);
    expect(seal(there, plainOf(4))).toHaveLength(0);
    open(there, seal(here, plainOf(4)));
    expect(there.seals[LINK]).toBe(1);
    expect(countsOf(there)).toEqual({ opened: 1, confirmed: 1 });
    expect(open(here, seal(there, plainOf(4)))).toBeDefined();
  });

  test("opens beside the one before, which does not seal again", () => {
    const { here, there } = newPair();
    const late = seal(here, plainOf(1));
    here.handle.addSession(LINK, 12, 23, 1, KEYS.there, KEYS.here, true);
    there.handle.addSession(LINK, 23, 12, 1, KEYS.here, KEYS.there, false);
    expect(seal(there, plainOf(4)).readUInt32BE(4)).toBe(11);
    expect(open(there, seal(here, plainOf(2)))).toEqual(plainOf(2));
    expect(open(there, late)).toEqual(plainOf(1));
    expect(seal(there, plainOf(4)).readUInt32BE(4)).toBe(12);
    there.handle.removeSession(22);
    expect(open(there, seal(here, plainOf(3)))).toEqual(plainOf(3));
    expect(there.handle.sealWith(LINK, 22)).toBe(false);
  });

  test("is chosen by the caller where two handshakes have ended at once", () => {
    const { here } = newPair();
    here.handle.addSession(LINK, 12, 23, 0, KEYS.here, KEYS.there, true);
    expect(seal(here, plainOf(4)).readUInt32BE(4)).toBe(23);
    expect(here.handle.sealWith(LINK, 11)).toBe(true);
    expect(seal(here, plainOf(4)).readUInt32BE(4)).toBe(22);
  });

  test("ends with its link", () => {
    const { here, there } = newPair();
    const sealed = seal(here, plainOf(4));
    there.handle.removeLink(LINK);
    expect(open(there, sealed)).toBeUndefined();
    expect(countsOf(there)).toEqual({ unknownKey: 1 });
    expect(seal(there, plainOf(4))).toHaveLength(0);
    expect(there.handle.state(LINK, new Float64Array(4))).toBeUndefined();
  });

  test("is refused without a link, with a known or no key id, with a wrong key, and above four of a link", () => {
    const { handle } = newTable();
    const add = (link: number, id: number, cipher: number, key: Uint8Array): number =>
      handle.addSession(link, id, 1, cipher as 0, key, KEYS.there, true);
    const [EINVAL, EEXIST, ENOSPC] = [22, 17, 28];
    expect(add(1, 5, 0, KEYS.here)).toBe(EINVAL);
    expect(handle.setEndpoint(0, address())).toBe(EINVAL);
    expect(handle.setEndpoint(LINKS_MAX + 1, address())).toBe(EINVAL);
    expect(handle.setEndpoint(LINKS_MAX, address())).toBe(0);
    expect(handle.setEndpoint(1, new Uint8Array(3))).toBe(EINVAL);
    expect(handle.setEndpoint(1, address())).toBe(0);
    expect(add(1, 0, 0, KEYS.here)).toBe(EINVAL);
    expect(add(1, 5, 2, KEYS.here)).toBe(EINVAL);
    expect(add(1, 5, 0, KEYS.here.subarray(1))).toBe(EINVAL);
    expect([5, 5 + 16_384, 6, 7, 8].map((id) => add(1, id, 0, KEYS.here))).toEqual([0, 0, 0, 0, ENOSPC]);
    expect(add(LINKS_MAX, 5, 0, KEYS.here)).toBe(EEXIST);
  });
});

describe("the endpoint of a link", () => {
  test("follows the newest authentic datagram", () => {
    const { here, there } = newPair();
    const numbers = new Float64Array(4);
    const [first, second, forged] = [seal(here, plainOf(1)), seal(here, plainOf(2)), seal(here, plainOf(3))];
    forged[20] = (forged[20] as number) ^ 1;
    const endpoint = (): string =>
      Buffer.from(there.handle.state(LINK, numbers) ?? [])
        .subarray(0, 8)
        .toString("hex");
    const port = (number: number): string => Buffer.from(address("127.0.0.1", number)).subarray(0, 8).toString("hex");
    open(there, second, address("127.0.0.1", 4000));
    expect(endpoint()).toBe(port(4000));
    open(there, first, address("127.0.0.1", 5000));
    open(there, forged, address("127.0.0.1", 6000));
    open(there, second, address("127.0.0.1", 7000));
    expect(endpoint()).toBe(port(4000));
    expect(countsOf(there)).toEqual({ opened: 2, forged: 1, replayed: 1, moved: 1 });
    expect(numbers[LINK_STATE.openedAt]).toBeGreaterThan(0);
  });

  test("does not go back with the session before", () => {
    const { here, there } = newPair();
    const late = seal(here, plainOf(1));
    here.handle.addSession(LINK, 12, 23, 0, KEYS.here, KEYS.there, true);
    there.handle.addSession(LINK, 23, 12, 0, KEYS.there, KEYS.here, false);
    open(there, seal(here, plainOf(2)), address("127.0.0.1", 4000));
    open(there, late, address("127.0.0.1", 5000));
    expect(countsOf(there)).toMatchObject({ opened: 2, moved: 1 });
  });
});

describe("a message of the handshake", () => {
  const key = createHash("blake2s256").update("mac1----").update(KEYS.here).digest();

  function message(type: number, body: number, mac: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from([0x4d, 0x5a, 1, 8, type]), Buffer.alloc(body), mac, Buffer.alloc(16)]);
  }

  test("passes with a right first authenticator, or as a cookie reply", () => {
    const table = newTable();
    expect(table.handle.open(message(1, 27, RIGHT), address())).toBe(-1);
    expect(table.handle.setMacKey(Buffer.alloc(32))).toBe(0);
    expect(table.handle.open(message(1, 27, RIGHT), address())).toBe(0);
    expect(table.handle.open(message(2, 27, RIGHT), address())).toBe(-1);
    expect(table.handle.open(message(3, 27, RIGHT), address())).toBe(0);
    expect(table.handle.setMacKey(key)).toBe(0);
    expect(table.handle.open(message(1, 27, RIGHT), address())).toBe(-1);
    expect(table.handle.open(Buffer.from([0x4d, 0x5a, 1, 8, 3]), address())).toBe(-1);
    expect(countsOf(table)).toEqual({ wrongMac: 4 });
    expect(table.handle.setMacKey(key.subarray(1))).toBe(22);
  });
});

/** Keyed BLAKE2s (a key of 32 zeros, 16 bytes of result) of an initiation with 27 zeros, by another implementation. */
const RIGHT = Buffer.from("0ede9c5b52c916738426890816e46b2d", "hex");

test("everything else is dropped", () => {
  const { there } = newPair();
  for (const bytes of ["", "4d", "4d5a0100", "4d5a0101", "4d5a0110", "4d5a010a", "4d5a0202", "GET / HTTP/1.1"]) {
    expect(
      there.handle.open(/^[0-9a-f]*$/.test(bytes) ? Buffer.from(bytes, "hex") : Buffer.from(bytes), address()),
    ).toBe(-1);
  }
  expect(countsOf(there)).toEqual({ unsealed: 8 });
});

test("no mutated, replayed, reflected or foreign datagram opens, in 100,000", { timeout: 120_000 }, () => {
  const [{ here, there }, other] = [newPair(), newPair("chacha20-poly1305")];
  const random = randoms(2);
  const sent = Array.from({ length: 100 }, (_, number) => seal(here, plainOf(random(200)), number % 2 === 0));
  for (const bytes of sent) expect(open(there, bytes)).toBeDefined();
  const own = Array.from({ length: 100 }, () => seal(there, plainOf(random(200))));
  const foreign = Array.from({ length: 100 }, () => seal(other.here, plainOf(random(200))));
  const from = address();
  for (let turn = 0; turn < 100_000; turn++) {
    const source = [sent, own, foreign][random(3)] ?? sent;
    const bytes = Buffer.from(source[random(100)] as Buffer);
    const changes = random(4);
    for (let change = 0; change < changes; change++) bytes[random(Math.min(bytes.length, 40))] = random(256);
    const cut = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
    // A handshake message passes without keys only as a cookie reply.
    const isCookieReply = cut[3] === 8 && cut[4] === 3;
    if (!isCookieReply && there.handle.open(cut, from) !== -1)
      throw new Error(`turn ${turn}: ${bytes.toString("hex")}`);
  }
  expect(countsOf(there)).toMatchObject({ opened: 100 });
  expect(open(there, seal(here, plainOf(4)))).toEqual(plainOf(4));
});

test.each([
  ["sealed", "aes-256-gcm"],
  ["sealed by ChaCha20-Poly1305", "chacha20-poly1305"],
] as const)("docs/wire.md shows a datagram that is %s", (name, cipher) => {
  const page = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");
  const block = (title: string): Buffer =>
    Buffer.from((page.split(`\`\`\`hex ${title}\n`)[1]?.split("```")[0] ?? "").replace(/\s/g, ""), "hex");
  const { handle } = newTable();
  const [id, key] = [0x01020304, Uint8Array.from({ length: 32 }, (_, at) => at)];
  handle.setEndpoint(LINK, address());
  expect(handle.addSession(LINK, id, 1, LINK_CIPHERS[cipher], key, key, true)).toBe(0);
  const bytes = block(name);
  expect(handle.open(bytes, address())).toBe(LINK);
  expect(bytes.subarray(12, -16)).toEqual(block("ping"));
});
