import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mosaic } from "../mosaic.ts";

/** Host a seals a text, and b opens it. */
const RULES = `
materialize(to, infinity, infinity, keys(1)).
to("10.77.0.2:10000").
a: sealed@B(S) :- periodic(_, 1, 3), localAddr("10.77.0.1:10000"), to(B), S := f_seal("link", f_bytes("hello"), b"").
b: opened(f_text(f_open("link", Nonce, Cipher, b""))) :- sealed([Nonce, Cipher]).
`;

function topology(keys: string): { readonly file: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "t.toml");
  writeFileSync(join(folder, "p.mzl"), RULES);
  writeFileSync(file, `duration = "5s"\nprograms = ["p.mzl"]\nhosts = 2\nwatch = ["opened"]\n${keys}\n`);
  writeFileSync(join(folder, "key"), new Uint8Array(16).fill(3));
  chmodSync(join(folder, "key"), 0o600);
  return { file, folder };
}

test("hosts of a topology have the secrets of their files, and a run repeats its nonces", async () => {
  const { file } = topology('secrets = { link = "key" }');
  const [one, two] = [await mosaic("sim", file), await mosaic("sim", file)];
  expect(one.stderr).toBe("");
  expect(one.stdout.match(/opened\("hello"\)/g)?.length).toBe(3);
  expect(two.stdout.split("\n").at(-2)).toBe(one.stdout.split("\n").at(-2));
});

test("no output of a simulation holds a secret: neither logs, traces, tables, captures nor results", async () => {
  const { file, folder } = topology('secrets = { link = "key" }');
  const key = "mosaic-test-key.";
  writeFileSync(join(folder, "key"), key, { mode: 0o600 });
  const out = join(folder, "out");
  const { code, stdout, stderr } = await mosaic("sim", file, "--out", out, "--trace", "all", "--top");
  expect(code).toBe(0);
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(out, path)).isFile(),
  );
  expect(files.length).toBeGreaterThan(4);
  const all = [stdout, stderr, ...files.map((path) => readFileSync(join(out, path), "latin1"))].join("\n");
  expect(all).toContain("sealed");
  const bytes = Buffer.from(key);
  for (const form of [key, bytes.toString("hex"), bytes.toString("base64"), [...bytes].join(",")])
    expect(all).not.toContain(form);
});

test("a topology is not run without a secret, or with one that others can read", async () => {
  const without = await mosaic("sim", topology("").file);
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("needs the secret `link`")]);
  const { file, folder } = topology('secrets = { link = "key" }');
  chmodSync(join(folder, "key"), 0o604);
  const shared = await mosaic("sim", file);
  expect([shared.code, shared.stderr]).toEqual([2, expect.stringContaining("others than the owner of")]);
});
