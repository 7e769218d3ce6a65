import { printableColoured, printableLines } from "../../runtime/plan/values/printable.ts";
import { styleText } from "node:util";

/** Output of a run: a terminal or a stream. */
export interface Screen {
  /** Whether lines can be overwritten. */
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  write(text: string): void;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Returns the text in a style if the screen has colour. */
export function styled(screen: Screen, style: Style, text: string): string {
  return screen.hasColour ? styleText(style, text, { validateStream: false }) : text;
}

/** Returns text from any source in a form that is safe to print on a terminal. The colours of `styled` are kept. */
export function shown(screen: Screen, text: string): string {
  return screen.hasColour ? printableColoured(text) : printableLines(text);
}

export function writeLine(screen: Screen, line: string = ""): void {
  screen.write(`${shown(screen, line)}\n`);
}
