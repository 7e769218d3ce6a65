import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Drawer } from "./draw-figure.ts";
import type { Figure, Mark } from "./figure.ts";
import { figureTable, markTable } from "./plot-tables.ts";

/** File with the events of the run. */
export const EVENTS_FILE = "events.csv";

/**
 * Writes NAME.csv, NAME.svg and NAME.png of each figure to a folder, and events.csv. The folder must exist. Files of an earlier run are
 * overwritten. Throws the error of the file system if a file cannot be written.
 */
export function writePlots(folder: string, figures: readonly Figure[], marks: readonly Mark[], drawer: Drawer): void {
  writeFileSync(join(folder, EVENTS_FILE), markTable(marks));
  for (const figure of figures) {
    const svg = drawer.svg(figure, marks);
    writeFileSync(join(folder, `${figure.name}.csv`), figureTable(figure));
    writeFileSync(join(folder, `${figure.name}.svg`), svg);
    writeFileSync(join(folder, `${figure.name}.png`), drawer.png(svg));
  }
}
