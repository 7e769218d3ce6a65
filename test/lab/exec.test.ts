/** `mosaic lab --stay` keeps the hosts of a lab, and `mosaic lab exec` runs commands on them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mosaic, MosaicProcess } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-exec-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, "lab.toml");
writeFileSync(
  file,
  `duration = "1s"
programs = ["tunnel.mzl"]
[hosts.execleft]
[hosts.execright]
[[checks]]
query = "addressMap(_, _)"
`,
);

describe("mosaic lab exec", () => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");

  test("runs commands on hosts of a lab that stays after its run, until a signal", async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    const lab = new MosaicProcess(["lab", file, "--stay", "--check"]);
    try {
      await lab.printed(/the hosts stay until Ctrl-C/);
      const address = await mosaic("lab", "exec", "execleft", "ip -o address show dev eth0; exit 7");
      expect(address).toMatchObject({ code: 7, stdout: expect.stringContaining("10.77.0.1/32") });
      const words = await mosaic("lab", "exec", "execright", "--", "mosaic", "query", "10000", "addressMap");
      expect(words.code).toBe(1);
      const query = await mosaic("lab", "exec", "execright", "mosaic query $NODE 'addressMap(V, _)'");
      expect(query).toMatchObject({ code: 0, stdout: expect.stringContaining("100.64.0.1") });
      const unknown = await mosaic("lab", "exec", "execlift", "true");
      expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean execleft?") });
    } finally {
      lab.kill("SIGINT");
    }
    expect(await lab.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("holds") });
    const gone = await mosaic("lab", "exec", "execleft", "true");
    expect(gone).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no lab of this user runs|no running lab has/),
    });
  });

  test("needs a host, and a lab has one topology", async () => {
    expect(await mosaic("lab", "exec")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a host is missing"),
    });
    expect(await mosaic("lab", "a.toml", "b.toml")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("one topology, not `b.toml` too"),
    });
  });
});
