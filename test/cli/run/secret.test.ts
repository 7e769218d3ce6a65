import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mosaic } from "../mosaic.ts";

const RULES = 'a: out(C) :- in(X), C := f_hmac("link", X).\nb: seen(C) :- out(C).\n';

function files(mode: number, content: string | Uint8Array): { readonly program: string; readonly secret: string } {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [program, secret] = [join(folder, "p.mzl"), join(folder, "key")];
  writeFileSync(program, RULES);
  writeFileSync(secret, content);
  chmodSync(secret, mode);
  return { program, secret };
}

test("--secret refuses files that others can read, empty and missing files, and texts that are no NAME=FILE", async () => {
  const { program, secret } = files(0o640, "abc");
  const { secret: empty } = files(0o600, "");
  const cases = [
    [`link=${secret}`, `others than the owner of ${secret} have access to it: chmod 600 ${secret}`],
    [`link=${empty}`, `${empty} does not have from 1 to 65536 bytes`],
    [`link=${secret}x`, `${secret}x: `],
    ["link", "`link` is not NAME=FILE"],
  ] as const;
  for (const [text, message] of cases) {
    const { code, stderr } = await mosaic("run", "--no-control", "--listen", "127.0.0.1:0", program, "--secret", text);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) as string });
  }
});

test("a node does not start without a secret that its program names", async () => {
  const { program, secret } = files(0o600, "abc");
  const { code, stderr } = await mosaic(
    "run",
    "--no-control",
    "--listen",
    "127.0.0.1:0",
    program,
    "--secret",
    `other=${secret}`,
  );
  expect(code).toBe(2);
  expect(stderr).toContain("the program needs the secret `link`: --secret link=FILE");
});
