import { createSocket } from "node:dgram";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { formatKey } from "../../../runtime/link/key-text.ts";
import { keyPairOf } from "../../../runtime/link/x25519.ts";
import { findFreePort } from "../../free-port.ts";
import { needs } from "../../needs.ts";
import { mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface KeyFile {
  readonly file: string;
  readonly secret: string;
  readonly publicKey: string;
}

/** Writes the secret key of a node, one byte repeated. */
function keyFile(byte: number, mode: number = 0o600): KeyFile {
  const bytes = new Uint8Array(32).fill(byte);
  const [file, secret] = [join(folder, `${byte}.key`), formatKey(bytes)];
  writeFileSync(file, `${secret}\n`);
  chmodSync(file, mode);
  return { file, secret, publicKey: formatKey(keyPairOf(bytes).publicKey) };
}

const GREET = join(folder, "greet.mzl");
writeFileSync(
  GREET,
  `materialize(addressMap, infinity, infinity, keys(1)).
   hello@To(Me, Number) :- periodic(E, 200ms), addressMap(_, To), localAddr(Me), Number := E % 1000.
   greeted(From, Number) :- hello(From, Number).`,
);

const ONE = keyFile(1);
const TWO = keyFile(2);
const STRANGER = keyFile(3);

function start(own: string, options: readonly string[]): MosaicProcess {
  const node = new MosaicProcess(["run", GREET, "--no-control", "--listen", own, "--watch", "greeted", ...options]);
  onTestFinished(() => node.kill("SIGKILL"));
  return node;
}

function greeter(own: string, { file }: KeyFile, peer: string, { publicKey }: KeyFile): MosaicProcess {
  return start(own, ["--key", file, "--peer", `100.64.0.2=${peer},${publicKey}`]);
}

async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await findFreePort()}`;
}

describe("nodes with keys", () => {
  test("two nodes that know each other's keys exchange tuples", async ({ skip }) => {
    const reason = needs("addon");
    skip(reason !== undefined, reason);
    const [here, there] = [await freeAddress(), await freeAddress()];
    const one = greeter(here, ONE, there, TWO);
    const two = greeter(there, TWO, here, ONE);
    await one.printed(new RegExp(`greeted\\("${there}", \\d+\\)`));
    await two.printed(new RegExp(`greeted\\("${here}", \\d+\\)`));
    expect(one.stderr).not.toContain("not authenticated");
  });

  test("a node with another key and a host without any get nothing in", async ({ skip }) => {
    const reason = needs("addon");
    skip(reason !== undefined, reason);
    const [here, there] = [await freeAddress(), await freeAddress()];
    const one = greeter(here, ONE, there, TWO);
    const stranger = greeter(there, STRANGER, here, ONE);
    const plain = start(await freeAddress(), ["--peer", `100.64.0.2=${here}`]);
    for (const node of [one, stranger, plain]) await node.printed(/running/);
    const socket = createSocket("udp4");
    const port = Number(here.split(":")[1]);
    for (const flags of [0, 2, 4, 8]) socket.send(Buffer.from([0x4d, 0x5a, 1, flags, 1, 2, 3, 4]), port, "127.0.0.1");
    await sleep(1500);
    socket.close();
    expect(one.stdout + stranger.stdout + plain.stdout).toBe("");
  });
});

test("a peer cannot say tuples in the name of another where the program asks for the sender", async ({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
  const [here, there] = [await freeAddress(), await freeAddress()];
  const [listening, lying] = [join(folder, "listening.mzl"), join(folder, "lying.mzl")];
  writeFileSync(
    listening,
    `materialize(addressMap, infinity, infinity, keys(1)).
     accept hello(src, string).
     greeted(From, Text) :- hello(From, Text).`,
  );
  writeFileSync(
    lying,
    `materialize(addressMap, infinity, infinity, keys(1)).
     hello@To("10.0.0.1:10000", "a lie") :- periodic(_, 200ms), addressMap(_, To).
     greeted(0, 0) :- hello(_, _).
     hello@To(Me, "the truth") :- periodic(_, 200ms, 0, 1), addressMap(_, To), localAddr(Me).`,
  );
  const run = (
    own: string,
    program: string,
    { file }: KeyFile,
    peer: string,
    { publicKey }: KeyFile,
  ): MosaicProcess => {
    const keys = ["--key", file, "--peer", `100.64.0.2=${peer},${publicKey}`];
    const node = new MosaicProcess(["run", program, "--no-control", "--listen", own, ...keys, "--watch", "greeted"]);
    onTestFinished(() => node.kill("SIGKILL"));
    return node;
  };
  const one = run(here, listening, ONE, there, TWO);
  await one.printed(/running/);
  const liar = run(there, lying, TWO, here, ONE);
  await liar.printed(/running/);
  await one.printed(new RegExp(`greeted\\("${there}", "the truth"\\)`));
  expect(one.stdout).not.toContain("a lie");
});

test("nodes of one process have a key each and know each other", async ({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
  const port = await findFreePort();
  const keys = mkdtempSync(join(folder, "nodes-"));
  for (const at of [0, 1])
    writeFileSync(join(keys, `${port + at}.key`), formatKey(new Uint8Array(32).fill(20 + at)), { mode: 0o600 });
  const [first, second] = [`localhost:${port}`, `localhost:${port + 1}`];
  const map = (from: string, to: string): string => `addressMap@"${from}"("100.64.0.1", "${to}")`;
  const facts = ["--fact", map(first, second), "--fact", map(second, first)];
  const node = start(first, ["--nodes", "2", "--key", keys, ...facts]);
  await node.printed(new RegExp(`greeted\\("${first}", \\d+\\)`));
  await node.printed(new RegExp(`greeted\\("${second}", \\d+\\)`));
  expect(node.stderr).not.toContain("not authenticated");
});

describe("options", () => {
  const loose = keyFile(4, 0o644);
  const damaged = join(folder, "damaged.key");
  writeFileSync(damaged, "no key\n", { mode: 0o600 });
  const local = ["--listen", "127.0.0.1:0"];
  const pinned = `127.0.0.1:9,${TWO.publicKey}`;

  test.for<readonly [string, readonly string[], string]>([
    [
      "another host can reach a node without a key",
      ["--listen", "0.0.0.0:0"],
      "--listen: other hosts can reach 0.0.0.0:0",
    ],
    ["the key file is missing", [...local, "--key", `${folder}/none`], `--key: ${folder}/none: there is no such file`],
    ["others can read the key file", [...local, "--key", loose.file], `--key: ${loose.file} can be read by others`],
    ["the key file is damaged", [...local, "--key", damaged], `--key: ${damaged} holds no key`],
    ["the key file is a folder", [...local, "--key", folder], `--key: ${folder} is no file`],
    ["a peer has no key", [...local, "--key", ONE.file, "--peer", "127.0.0.1:9"], "--peer: 127.0.0.1:9 has no key"],
    ["only the peer has a key", [...local, "--peer", pinned], "--peer: 127.0.0.1:9 has a key, but this node has none"],
    ["a key and --insecure", [...local, "--key", ONE.file, "--insecure"], "--insecure: with --key the links have keys"],
    [
      "several nodes and no port",
      [...local, "--key", folder, "--nodes", "2"],
      "--key: with --nodes the files of the keys",
    ],
    [
      "a node of several has no key",
      ["--listen", "127.0.0.1:6", "--key", folder, "--nodes", "2"],
      `--key: ${folder}/6.key: there`,
    ],
  ])("%s: exit code 2", async ([, options, message]) => {
    const { code, stderr } = await mosaic("run", GREET, "--no-control", ...options);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`mosaic: ${message}`) as string });
    for (const { secret } of [ONE, loose]) expect(stderr).not.toContain(secret);
  });

  test("a node without a key does not move to an address that other hosts reach", async () => {
    const control = join(folder, "node.sock");
    const node = new MosaicProcess(["run", GREET, "--listen", "127.0.0.1:0", "--control", control]);
    onTestFinished(() => node.kill("SIGKILL"));
    await node.printed(/running/);
    const { code, stderr } = await mosaic("ctl", control, "rebind", "--listen", "0.0.0.0:0");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("other hosts can reach") as string });
  });
});

test("mosaic key new writes a secret that only its owner can read, and show prints the public key", async () => {
  const file = join(folder, "new.key");
  const made = await mosaic("key", "new", file);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^[A-Za-z0-9+/]{43}=\n$/) as string,
    stderr: "",
  });
  expect(await mosaic("key", "show", file)).toEqual(made);
  const again = await mosaic("key", "new", file);
  expect(again).toMatchObject({ code: 1, stderr: `mosaic: ${file}: there is such a file already\n` });
});
