import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { describeCommands } from "../../../src/cli/command-line.ts";
import { actionsHelp } from "../../../src/cli/client/control-request.ts";
import { ACTION_NAMES } from "../../../src/cli/completion/action-names.ts";
import { allCommands } from "../../../src/cli/completion/command-tree.ts";
import { completionScript } from "../../../src/cli/completion/completion-script.ts";
import { manualPage } from "../../../src/cli/completion/manual-page.ts";
import { SHELLS } from "../../../src/cli/completion/shells.ts";
import { needs } from "../../needs.ts";

const root = await describeCommands();
const commands = [...allCommands(root)];
const folder = mkdtempSync(join(tmpdir(), "mosaic-manual-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The completions that bash offers for a line. */
function bashOffers(...words: readonly string[]): readonly string[] {
  const script = `${completionScript("bash", root)}
    COMP_WORDS=(mosaic "$@"); COMP_CWORD=$#; _mosaic; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script, "bash", ...words], { encoding: "utf8", cwd: folder });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describe("the description of all commands", () => {
  test("has commands, options, choices and presets", () => {
    expect(commands.map(({ path }) => path.join(" "))).toContain("mosaic run");
    const run = commands.find(({ path }) => path.at(-1) === "run");
    expect(run?.options.flatMap(({ names }) => names)).toEqual(
      expect.arrayContaining(["--listen", "-D", "--define", "--no-control", "--log-level", "--help"]),
    );
    expect(run?.options.find(({ names }) => names.includes("--log-level"))?.value).toEqual({
      name: "level",
      isRequired: true,
      choices: ["error", "warn", "info", "debug"],
      preset: "info",
    });
  });

  test.each(commands.map((command) => ({ name: command.path.join(" "), command })))(
    "$name is in all completions and in the manual page, with all its options",
    ({ command: { path, options } }) => {
      const scripts = SHELLS.map((shell) => completionScript(shell, root));
      const page = manualPage(root, "1.2.3").replaceAll("\\-", "-");
      const word = path.at(-1) ?? "";
      for (const text of [...scripts, page]) expect(text).toContain(word);
      for (const name of options.flatMap(({ names }) => names)) {
        const [bash, zsh, fish] = scripts;
        expect(bash).toContain(name);
        expect(zsh?.replaceAll("=[", "[")).toContain(`*${name}[`);
        expect(fish).toContain(name.startsWith("--") ? `-l ${name.slice(2)} ` : `-s ${name.slice(1)} `);
        expect(page).toContain(`\\fB${name}\\fR`);
      }
    },
  );
});

describe("bash", () => {
  test("offers commands, the options of a command, and the values of an option", ({ skip }) => {
    skip(needs("bash") !== undefined, needs("bash"));
    expect(bashOffers("ru")).toEqual(["run"]);
    expect(bashOffers("run", "--log-")).toEqual(["--log-level", "--log-format"]);
    expect(bashOffers("run", "x.mzl", "--log-format", "")).toEqual(["text", "json"]);
    expect(bashOffers("run", "x.mzl", "--dscp", "")).toEqual(["copy"]);
    expect(bashOffers("run", "x.mzl", "--send-rate", "")).toEqual(["infinity"]);
    expect(bashOffers("check", "--limit", "")).toEqual(["source=", "rules=", "nesting="]);
    expect(bashOffers("check", "--limit", "ru")).toEqual(["rules="]);
    expect(bashOffers("check", "--limit", "=", "ne")).toEqual(["nesting="]);
    expect(bashOffers("run", "--log-level", "=")).toEqual(["error", "warn", "info", "debug"]);
    expect(bashOffers("run", "--log-level", "=", "info", "ron-")).toEqual(["ron-views.mzl"]);
    expect(bashOffers("sim", "x.toml", "--trace", "")).toEqual(["all"]);
    expect(bashOffers("run", "x.mzl", "--user", "ro")).toContain("root");
    expect(bashOffers("run", "x.mzl", "--mtu", "")).toEqual([""]);
    expect(bashOffers("lab", "ex")).toContain("exec");
    expect(bashOffers("check", "--log-")).toEqual([""]);
    writeFileSync(join(folder, "mine.mzl"), "");
    expect(bashOffers("run", "mi")).toEqual(["mine.mzl"]);
    expect(bashOffers("run", "x.mzl", "--plugin", "mi")).toEqual(["mine.mzl"]);
  });
});

describe("bash offers names", () => {
  test("of actions, codes, elements and shipped programs", ({ skip }) => {
    skip(needs("bash") !== undefined, needs("bash"));
    expect(bashOffers("ctl", "10000", "re")).toEqual(["reload", "rebind"]);
    for (const name of ACTION_NAMES) expect(actionsHelp()).toContain(`${name}:`);
    expect(actionsHelp().split("; ")).toHaveLength(ACTION_NAMES.length);
    expect(bashOffers("explain", "--code", "E021")).toContain("E0215");
    expect(bashOffers("explain", "--element", "Network")).toEqual(["NetworkIn", "NetworkOut"]);
    expect(bashOffers("run", "--listen", "127.0.0.1:1", "ron-")).toEqual(["ron-views.mzl"]);
    expect(bashOffers("check", "--json", "ron").toSorted()).toEqual(["ron-views.mzl", "ron.mzl"]);
    expect(bashOffers("completion", "z")).toEqual(["zsh"]);
  });

  test("of running nodes", ({ skip }) => {
    skip(needs("bash") !== undefined, needs("bash"));
    writeFileSync(join(folder, "mosaic"), '#!/bin/sh\n[ "$*" = "ps --names" ] && echo 10000 && echo 20000\n', {
      mode: 0o755,
    });
    const path = process.env["PATH"] ?? "";
    process.env["PATH"] = `${folder}:${path}`;
    try {
      expect(bashOffers("query", "")).toEqual(expect.arrayContaining(["10000", "20000"]));
      expect(bashOffers("top", "--json", "2")).toEqual(["20000"]);
      expect(bashOffers("ctl", "1")).toEqual(["10000"]);
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe.each([
  { shell: "bash", flags: ["-n"] },
  { shell: "zsh", flags: ["-n"] },
  { shell: "fish", flags: ["--no-execute"] },
] as const)("$shell", ({ shell, flags }) => {
  test("accepts its script", ({ skip }) => {
    skip(needs(shell) !== undefined, needs(shell));
    const file = join(folder, `mosaic.${shell}`);
    writeFileSync(file, completionScript(shell, root));
    const { status, stderr } = spawnSync(shell, [...flags, file], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

test("zsh offers the values of options", () => {
  const script = completionScript("zsh", root);
  // Quotes inside of quotes are written '\''.
  const limit = String.raw`compadd -S '\'''\'' -- source= rules= nesting=`;
  expect(script).toMatch(/'\*--limit=\[.*\]:name=number:\{/);
  expect(script).toContain(limit);
  expect(script).toMatch(/'\*--trace=\[.*\]:predicate:\(all\)'/);
  expect(script).toMatch(/'\*--log-level=\[.*\]:level:\(error warn info debug\)'/);
  expect(script).toMatch(/'\*--user=\[.*\]:.*:\{compadd -- {2}\$\(getent passwd \| cut -d: -f1\)\}'/);
  expect(script).toMatch(/'\*--mtu=\[.*\]:bytes: '/);
});

test("fish offers the options of a command", ({ skip }) => {
  skip(needs("fish") !== undefined, needs("fish"));
  const script = `${completionScript("fish", root)}\ncomplete -C "mosaic run --log-format "; complete -C "mosaic run --metr"
complete -C "mosaic check --limit "; complete -C "mosaic run --log-level=w"; complete -C "mosaic sim x.toml --trace "`;
  const { stdout } = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
  const offered = stdout.split("\n").map((line) => line.split("\t")[0]);
  const limits = ["nesting=", "rules=", "source="];
  expect(offered).toEqual(["json", "text", "--metrics", ...limits, "--log-level=warn", "all", ""]);
});

describe("the manual page", () => {
  test("is formatted by groff without a warning", ({ skip }) => {
    skip(needs("groff") !== undefined, needs("groff"));
    const { stdout, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-P-c"], {
      input: manualPage(root, "1.2.3"),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const printed = stdout.replaceAll(/.\u0008/g, "");
    expect(printed).toContain("mosaic run [OPTION]... files...");
    expect(printed).toContain("format of the log: text, json (default text)");
  });

  test("escapes text", () => {
    const odd = { ...root, description: ".SH \\fB it's -x", options: [], commands: [] };
    expect(manualPage(odd, "1")).toContain(String.raw`mosaic \- \&.SH \efB it's \-x`);
  });
});
