import { styleText } from "node:util";

/** Where a run is shown. */
export interface Screen {
  /** A line can be written again in its place. */
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  write(text: string): void;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** The text in a style, where there is colour. */
export function styled(screen: Screen, style: Style, text: string): string {
  return screen.hasColour ? styleText(style, text, { validateStream: false }) : text;
}

export function writeLine(screen: Screen, line: string = ""): void {
  screen.write(`${line}\n`);
}
