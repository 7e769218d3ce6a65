import { beforeEach, expect, test } from "vitest";
import { loadNative, type Native } from "../../native/index.ts";
import { peerFacts } from "../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { type Endpoint, warmUp } from "../../runtime/warm-up/warm-up.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { needs } from "../needs.ts";

const HERE = { address: "10.0.0.1:10000", virtual: "100.64.0.1" };
const THERE = { address: "10.0.0.2:10000", virtual: "100.64.0.2" };

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

/** A program text, or the name of a program in programs/. */
function programOf(...sources: readonly string[]): Program {
  const library = new FileLibrary();
  for (const source of sources) if (source.includes("\n")) library.addText(source, source);
  const { plan, diagnostics } = compile(sources, library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

function partOf({ plan }: Program, own: typeof HERE, peer: typeof HERE): Endpoint {
  const told = peerFacts(plan, [peer]);
  return { address: own.address, virtual: own.virtual, facts: told.ok ? told.facts : [] };
}

function partsOf(program: Program): readonly [Endpoint, Endpoint] {
  return [partOf(program, HERE, THERE), partOf(program, THERE, HERE)];
}

/** Returns a function that returns true after so many calls. */
function after(times: number): () => boolean {
  let asked = 0;
  return () => ++asked > times;
}

test("packets pass between the two devices, both ways", async () => {
  const program = programOf("tunnel.mzl");
  const { sent, arrived } = await warmUp(program, partsOf(program), loadNative() as Native, () => false);
  expect(sent).toBeGreaterThan(1_000);
  expect(arrived).toBe(sent);
});

test("trains pass between the two devices, besides the 8000 lone packets", async () => {
  const program = programOf("tunnel.mzl");
  const { sent, arrived } = await warmUp(program, partsOf(program), loadNative() as Native, () => false);
  expect(sent).toBe(8_000 + (8_000 / 4) * 8);
  expect(arrived).toBe(sent);
});

test("an overlay that must first find its routes carries packets, too", async () => {
  const program = programOf("ron.mzl", "tunnel.mzl");
  const { sent, arrived } = await warmUp(program, partsOf(program), loadNative() as Native, () => false);
  expect(sent).toBeGreaterThan(1_000);
  expect(arrived).toBe(sent);
});

test("the warm-up stops when told to, however busy the program is", async () => {
  const program = programOf(`
    again@L() :- localAddr(L).
    again@L() :- again(), localAddr(L).
    tun@"10.0.0.2:10000"(P) :- tun(P, _, "100.64.0.2").
  `);
  const { sent } = await warmUp(program, partsOf(program), loadNative() as Native, after(20));
  expect(sent).toBe(0);
});

test("the warm-up stops when told to, even if the nodes answer each other without end", async () => {
  const program = programOf(`
    ball@To(Me) :- periodic(E, 1), localAddr(Me), To := Me == "10.0.0.1:10000" ? "10.0.0.2:10000" : "10.0.0.1:10000".
    ball@Back(Me) :- ball(Back), localAddr(Me).
    tun@"10.0.0.2:10000"(P) :- tun(P, _, "100.64.0.2").
  `);
  const { sent } = await warmUp(program, partsOf(program), loadNative() as Native, after(2_000));
  expect(sent).toBeLessThan(1_000);
});

test("without a numeric address there is no warm-up", async () => {
  const program = programOf("tunnel.mzl");
  const [one, other] = partsOf(program);
  const native = loadNative() as Native;
  const named = { ...other, place: "host.example:10000" };
  expect(await warmUp(program, [one, named], native, after(100))).toEqual({ sent: 0, arrived: 0 });
});
