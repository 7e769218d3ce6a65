import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Block, Section } from "./page.ts";
import type { Shell } from "./shell.ts";

const UPDATE = process.env["UPDATE"] === "1";
const PATIENCE_MS = 30_000;

/**
 * Does what the section says: saves each block that names a file, and runs each `sh` block. The `text` block that follows is its
 * output; other `sh` blocks print nothing. A block with output only looks at things, so it is repeated until the
 * output is as printed: nodes take a moment to start.
 *
 * In outputs, decimal numbers and durations stand for any, a line `...` for any lines. With UPDATE=1 the page is rewritten.
 */
export async function runSection(page: string, { blocks }: Section, shell: Shell): Promise<void> {
  for (const [index, { language, file, text }] of blocks.entries()) {
    if (file !== "") shell.save(file, text);
    if (language !== "sh") continue;
    const next = blocks[index + 1];
    if (next?.language === "text") await look(page, text, next, shell);
    else expect(`${text}${await shell.run(text)}`).toBe(text);
  }
}

async function look(page: string, command: string, expected: Block, shell: Shell): Promise<void> {
  const pattern = patternOf(expected.text);
  const deadline = Date.now() + PATIENCE_MS;
  let actual = await shell.run(command);
  while (!pattern.test(normalise(actual)) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    actual = await shell.run(command);
  }
  if (pattern.test(normalise(actual))) return;
  if (UPDATE && !expected.text.includes("...\n")) rewrite(page, command, expected.text, actual);
  else expect(`${command}${normalise(actual)}`).toBe(`${command}${normalise(expected.text)}`);
}

function rewrite(page: string, command: string, from: string, to: string): void {
  const blocks = (output: string) => `${command}\`\`\`\n\n\`\`\`text\n${output}\`\`\``;
  writeFileSync(
    page,
    readFileSync(page, "utf8").replace(blocks(from), () => blocks(to)),
  );
}

function normalise(text: string): string {
  return text
    .replaceAll(/(?<![\d.:])\d+\.\d+(?![\d.])/g, "#")
    .replaceAll(/\b[\d#]+ ?ms\b/g, "# ms")
    .replaceAll(/(?<= {2})\d+(?= {2}|$)/gm, "#")
    .replaceAll(/[0-9a-f]{64}/g, "#")
    .replaceAll(/\b\d+ s\b/g, "# s")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ $/gm, "");
}

function patternOf(expected: string): RegExp {
  const lines = normalise(expected).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`^${lines.replaceAll(/^\\\.\\\.\\\.\n/gm, "(?:.*\n)*")}$`);
}
