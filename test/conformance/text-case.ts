import { readdirSync, readFileSync } from "node:fs";

/** A program with the commands that run on it. */
export interface TextCase {
  readonly name: string;
  readonly program: string;
  /** Files that the program imports. */
  readonly files: string;
  readonly commands: string;
}

export function casesIn(folder: string): readonly TextCase[] {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url).flatMap((file) =>
    readFileSync(new URL(file, url), "utf8")
      .split(/^= /m)
      .slice(1)
      .map((text) => readCase(file, text)),
  );
}

function readCase(file: string, text: string): TextCase {
  const [head = "", commands = ""] = text.split(/^(?:---|==>)\n/m);
  const newline = head.indexOf("\n");
  const [program = "", ...files] = head.slice(newline + 1).split(/^(?=file )/m);
  return { name: `${file}: ${head.slice(0, newline)}`, program, files: files.join(""), commands };
}
