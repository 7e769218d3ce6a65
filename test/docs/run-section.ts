import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Section } from "./page.ts";
import type { Shell } from "./shell.ts";

const UPDATE = process.env["UPDATE"] === "1";
const RETRY_MS = 30_000;

/**
 * Follows a section: saves each block that names a file, and runs each `sh` block. The `text` block after it is the expected
 * output; without one, the block must print nothing. A block with an output must only read: it is repeated until its output is
 * as expected, because nodes take a moment to start. With UPDATE=1 an output that differs is written into the page.
 */
export async function runSection(page: string, { blocks }: Section, shell: Shell): Promise<void> {
  for (const [index, { language, file, text }] of blocks.entries()) {
    if (file !== "") shell.save(file, text);
    if (language !== "sh") continue;
    const next = blocks[index + 1];
    if (next?.language === "text") await checkOutput(page, text, next.text, shell);
    else expect(`${text}${await shell.run(text)}`).toBe(text);
  }
}

async function checkOutput(page: string, command: string, expected: string, shell: Shell): Promise<void> {
  const deadline = Date.now() + RETRY_MS;
  let actual = await shell.run(command);
  while (withoutTimes(actual) !== withoutTimes(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    actual = await shell.run(command);
  }
  if (withoutTimes(actual) === withoutTimes(expected)) return;
  if (UPDATE) replaceOutput(page, command, expected, actual);
  else expect(`${command}${withoutTimes(actual)}`).toBe(`${command}${withoutTimes(expected)}`);
}

function replaceOutput(page: string, command: string, from: string, to: string): void {
  const pair = (output: string): string => `${command}\`\`\`\n\n\`\`\`text\n${output}\`\`\``;
  const text = readFileSync(page, "utf8");
  writeFileSync(
    page,
    text.replace(pair(from), () => pair(to)),
  );
}

/** The output with a # for each part that differs between runs: decimal numbers, durations, counters in columns, trace hashes. */
function withoutTimes(output: string): string {
  return output
    .replaceAll(/(?<![\d.:])\d+\.\d+(?![\d.])/g, "#")
    .replaceAll(/\b[\d#]+ ?ms\b/g, "# ms")
    .replaceAll(/\b\d+ s\b/g, "# s")
    .replaceAll(/(?<= {2})\d+(?= {2}|$)/gm, "#")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "#")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ $/gm, "");
}
