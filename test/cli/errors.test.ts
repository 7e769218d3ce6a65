import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT } from "../house/tree.ts";
import { needs } from "../needs.ts";
import { mosaicInProcess } from "./in-process.ts";
import { mosaic, MosaicProcess } from "./mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-errors-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const shipped = readdirSync(join(ROOT, "programs")).filter((file) => file.endsWith(".mzl"));

/** Every error has a message with its position or option, and an exit code: 1 for the program or the run, 2 for the command line. */
describe("errors before a node runs", () => {
  const good = program("good.mzl", "a: b(X) :- a(X).\n");
  const scenario = join(ROOT, "lab/demo/ron.toml");
  const overlay = program(
    "overlay.mzl",
    "overlay o.\nmaterialize(member, infinity, infinity, keys(1)).\nr: heard(X) :- said(X).\n",
  );
  const syntax = program("syntax.mzl", 'a: b(X :- a(X).\nb: c(X) :- d(X)\nc: e(X) :- f("x).\n');
  const events = program("events.mzl", "a: out(X, Y) :- one(X), two(Y).\n");
  const latin = program("latin.mzl", Buffer.from('a: said("gr\u00fcn", X) :- one(X).\n', "latin1"));
  const pipe = join(folder, "pipe.mzl");
  execFileSync("mkfifo", [pipe]);
  const factFolder = join(folder, "facts");
  mkdirSync(join(factFolder, "addressMap.facts"), { recursive: true });
  const unbound = program("unbound.mzl", "a: out(X, SAMPLE_INTERVAL) :- one(X).\n");
  const circular = program(
    "circular.mzl",
    [
      "materialize(l, infinity, infinity, keys(1)).",
      "materialize(p, infinity, infinity, keys(1)).",
      "materialize(q, infinity, infinity, keys(1)).",
      "r1: p(A) :- l(A), !q(A).",
      "r2: q(A) :- l(A), p(A).\n",
    ].join("\n"),
  );
  const cases: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly code: 1 | 2;
    readonly says: readonly RegExp[];
    /** Whether the case needs a process: it starts a node, or stands for its command. Default: false. */
    readonly isProcess?: boolean;
  }[] = [
    {
      name: "no file",
      args: ["run"],
      code: 2,
      says: [/^mosaic: missing required argument 'files'\n`mosaic run --help`/],
    },
    { name: "an unknown file", args: ["run", "nowhere.mzl"], code: 2, says: [/cannot read `nowhere\.mzl`/] },
    {
      name: "an unknown file: the message lists the shipped programs",
      args: ["check", "nowhere.mzl"],
      code: 1,
      says: [/the shipped programs are/, ...shipped.map((file) => new RegExp(`\\b${file}\\b`))],
    },
    {
      name: "a misspelt name of a shipped file",
      args: ["check", "gosip.olg"],
      code: 1,
      says: [/did you mean `gossip\.olg`\?$/m],
    },
    {
      name: "a shipped file in the wrong folder",
      args: ["check", join(folder, "ron.mzl")],
      code: 1,
      says: [/did you mean `ron\.mzl`\?$/m],
    },
    {
      name: "a misspelt name of a file in the same folder",
      args: ["check", join(folder, "overlai.mzl")],
      code: 1,
      says: [/did you mean `\/.*\/overlay\.mzl`\?$/m],
    },
    {
      name: "a folder",
      args: ["check", folder],
      code: 1,
      says: [/cannot read `.*`: it is a folder\n {2}help: name the files in it$/m],
    },
    {
      name: "a topology where a program is expected",
      args: ["run", scenario],
      code: 2,
      says: [/ron\.toml`: it is a topology, not a program\n {2}help: run it with `mosaic lab /],
    },
    {
      name: "a program where a topology is expected",
      isProcess: true,
      args: ["lab", "ron.mzl"],
      code: 2,
      says: [/^mosaic: ron\.mzl is a program, not a topology/],
    },
    {
      name: "two peers with one virtual address",
      args: ["run", "tunnel.mzl", "--peer", "fd00::2=b:1", "--peer", "FD00:0::2=c:1"],
      code: 2,
      says: [/^mosaic: --peer: fd00::2 is the virtual address of both b:1 and c:1$/m],
    },
    {
      name: "a peer with the virtual address of the node",
      args: ["run", "tunnel.mzl", "--tun", "--tun-addr", "100.64.0.1/24", "--peer", "100.64.0.1=b:1"],
      code: 2,
      says: [/100\.64\.0\.1 is the address of this node \(--tun-addr\)/],
    },
    {
      name: "two locations of one virtual address in facts",
      args: ["run", "tunnel.mzl", "--peer", "100.64.0.2=b:1", "--fact", 'addressMap("100.64.0.2", "c:1")'],
      code: 1,
      says: [/the virtual address "100\.64\.0\.2" has two locations, "c:1" and "b:1"/],
    },
    {
      name: "a folder named as a file of facts",
      args: ["run", "tunnel.mzl", "--facts", factFolder],
      code: 1,
      says: [/addressMap\.facts: it is a folder, not a file of rows/],
    },
    {
      name: "a device",
      args: ["check", "/dev/zero"],
      code: 1,
      says: [/cannot read `\/dev\/zero`: it is not a regular file/],
    },
    {
      name: "a pipe",
      isProcess: true,
      args: ["check", pipe],
      code: 1,
      says: [/cannot read `.*pipe\.mzl`: it is not a regular file/],
    },
    {
      name: "a file in another encoding",
      args: ["check", latin],
      code: 1,
      says: [/latin\.mzl:1:12: error\[E0112\]: this file is not UTF-8/],
    },
    {
      name: "an unknown command",
      isProcess: true,
      args: ["rum"],
      code: 2,
      says: [/unknown command 'rum'/, /Did you mean run\?/, /^`mosaic --help` lists/m],
    },
    { name: "an unknown option", args: ["run", good, "--tunn"], code: 2, says: [/unknown option '--tunn'/] },
    {
      name: "a folder for results that cannot be created",
      args: ["sim", scenario, "--out", "/proc/none/results"],
      code: 2,
      says: [/^mosaic: --out: \/proc\/none\/results: no folder can be created there$/m],
    },
    {
      name: "a folder for captures that is a file",
      isProcess: true,
      args: ["sim", scenario, "--pcap", good],
      code: 2,
      says: [/^mosaic: --pcap: \S+good\.mzl is a file$/m],
    },
    {
      name: "a folder for results below a file",
      args: ["sim", scenario, "--out", join(good, "results")],
      code: 2,
      says: [/^mosaic: --out: \S+results: a part of this path is a file$/m],
    },
    {
      name: "syntax errors, all of them",
      args: ["run", syntax],
      code: 1,
      says: [/syntax\.mzl:1:\d+: error/, /syntax\.mzl:3:\d+: error/],
    },
    {
      name: "two events in a rule",
      isProcess: true,
      args: ["run", events],
      code: 1,
      says: [/events\.mzl:1:\d+: error\[E0215\].*`one` and `two`/],
    },
    {
      name: "an undefined macro",
      args: ["run", unbound],
      code: 1,
      says: [/unbound\.mzl:1:\d+: error\[E0216\]/, /#define SAMPLE_INTERVAL/],
    },
    {
      name: "a cycle through a negation",
      args: ["run", circular],
      code: 1,
      says: [/circular\.mzl:4:\d+: error\[E0228\].*depends on its own negation or aggregate/],
    },
    { name: "a bad --listen", args: ["run", good, "--listen", "here"], code: 2, says: [/--listen: .*HOST:PORT/] },
    { name: "a bad --addr", args: ["run", good, "--addr", "here"], code: 2, says: [/--addr: .*HOST:PORT/] },
    {
      name: "a capture file that cannot be created",
      isProcess: true,
      args: ["run", good, "--listen", "127.0.0.1:0", "--pcap", "/proc/none/capture"],
      code: 1,
      says: [/^mosaic: --pcap: cannot write \/proc\/none\/capture: there is no such folder$/m],
    },
    {
      name: "a bad CIDR",
      args: ["run", good, "--tun", "--tun-addr", "100.64.0.1/99"],
      code: 2,
      says: [/--tun-addr: /],
    },
    { name: "--tun without an address", args: ["run", good, "--tun"], code: 2, says: [/--tun: .*--tun-addr/] },
    {
      name: "--tun-restore without --tun",
      args: ["run", good, "--tun-restore"],
      code: 2,
      says: [/--tun-restore: it needs --tun/],
    },
    { name: "a bad MTU", args: ["run", good, "--mtu", "big"], code: 2, says: [/--mtu: `big`/] },
    ...["64", "-1", "1.5", "", "ef", "copy "].map((dscp) => ({
      name: `the DSCP "${dscp}"`,
      args: ["run", good, `--dscp=${dscp}`],
      code: 2 as const,
      says: [/--dscp: `.*` is neither copy nor an integer from 0 to 63/],
    })),
    {
      name: "a bad peer",
      args: ["run", overlay, "--peer", "100.64.0.2=nowhere"],
      code: 2,
      says: [/--peer: .*is no address: write 10/],
    },
    {
      name: "a peer with an invalid virtual address",
      args: ["run", overlay, "--peer", "x=10.0.0.1:1"],
      code: 2,
      says: [/--peer: `x` is not an IP address/],
    },
    {
      name: "a peer of a program without overlays",
      args: ["run", good, "--peer", "10.0.0.1:1"],
      code: 2,
      says: [/--peer: no loaded overlay has a table `member`/],
    },
    { name: "a bad macro", args: ["run", good, "-D", "1=2"], code: 2, says: [/-D: `1=2` is not NAME=VALUE/] },
    { name: "a bad fact", args: ["run", good, "--fact", "a(1"], code: 2, says: [/--fact:1:\d+: error/] },
    {
      name: "an unknown predicate to watch",
      args: ["run", "ron.mzl", "--watch", "RT"],
      code: 2,
      says: [/--watch: .*`RT`; did you mean ron\.RT\?/],
    },
    {
      name: "an unknown profile",
      args: ["check", "-D", "PROFILE=slow", "ron.mzl"],
      code: 1,
      says: [/ron\.mzl:\d+:\d+: error.*PROFILE is fast or paper/, /^mosaic: 1 error$/m],
    },
    {
      name: "a control socket in a missing folder",
      isProcess: true,
      args: ["run", good, "--listen", "127.0.0.1:0", "--control", join(folder, "none/node.sock")],
      code: 1,
      says: [/^mosaic: \S+node\.sock: there is no such folder/m],
    },
    {
      name: "a line longer than a screen: only the text around the error is shown",
      args: ["check", program("long.mzl", `a: out(X) :- one(X), ${"X > 0, ".repeat(1000)}X >< 1.\n`)],
      code: 1,
      says: [/long\.mzl:1:70\d\d: error/, /^> 1 \| (?:X > 0, |[X >0,]){10,50}X >< 1\.\n {4}\| {40,}\^$/m],
    },
    {
      name: "a text with terminal escape sequences",
      args: ["check", program("escape.mzl", "a: out(X) :- one(X). \x1b[2J\n")],
      code: 1,
      says: [/^> 1 \| a: out\(X\) :- one\(X\)\. \u{fffd}\[2J$/mu],
    },
    {
      name: "a warning before an error: the hint names the code of the error",
      args: ["check", program("both.mzl", "materialize(idle, 9, 9, keys(1)).\nfact(X).\n")],
      code: 1,
      says: [/W0227/, /explain --code E\d+$/m],
    },
  ];
  test.for(cases)("$name", async ({ args, code, says, isProcess = false }) => {
    const ended = await (isProcess ? mosaic : mosaicInProcess)(...args);
    for (const pattern of says) expect(ended.stderr).toMatch(pattern);
    expect(ended.stderr).not.toMatch(/ at .*\.ts:\d+/);
    expect(ended.code).toBe(code);
  });

  test("a port in use", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const ended = await mosaic("run", good, "--listen", `127.0.0.1:${socket.address().port}`);
    socket.close();
    expect(ended.stderr).toMatch(/--listen 127\.0\.0\.1:\d+: .*in use/);
    expect(ended.code).toBe(1);
  });

  test("no permission for a TUN device", async (context) => {
    const missing = needs("root", "addon", "setpriv");
    if (missing !== undefined) return context.skip(missing);
    const node = new MosaicProcess(
      ["run", good, "--listen", "127.0.0.1:0", "--tun", "--tun-addr", "100.64.0.1/24"],
      ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
    );
    const ended = await node.ended;
    expect(ended.stderr).toMatch(/--tun: .*(root|CAP_NET_ADMIN)/);
    expect(ended.code).toBe(1);
  });
});

describe("check", () => {
  test("reports the errors of a file once, even if several programs import it", async () => {
    const shared = program("shared.mzl", "overlay s.\nmaterialize(idle, infinity, 1, keys(1)).\n");
    const importing = program("importing.mzl", 'import "shared.mzl".\n');
    const { stderr, code } = await mosaicInProcess("check", shared, importing);
    expect(stderr.match(/warning\[W0227\]/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  test("counts rules outside and inside views, one object per file", async () => {
    const ended = await mosaicInProcess("check", "--stats", "--json", "ron.mzl", "ping.mzl", "tunnel.mzl");
    const lines = ended.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      { version: 1, file: "ron.mzl", rules: 11, viewRules: 0 },
      { version: 1, file: "ping.mzl", rules: 0, viewRules: 3 },
      { version: 1, file: "tunnel.mzl", rules: 1, viewRules: 0 },
    ]);
    expect(ended.code).toBe(0);
  });
});
