import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Log, type LogFormat } from "../../../src/cli/terminal/log.ts";
import { logProcessWarnings } from "../../../src/cli/terminal/process-warnings.ts";

function warned(format: LogFormat, warning: Error): readonly string[] {
  const lines: string[] = [];
  const emitter = new EventEmitter();
  emitter.on("warning", () => lines.push("printed by Node.js"));
  logProcessWarnings({ log: new Log({ level: "info", format }, (line) => lines.push(line)) }, emitter);
  emitter.emit("warning", warning);
  return lines;
}

const WARNING = Object.assign(new Error("11 listeners\nwere added"), { name: "MaxListenersWarning", code: "MOSAIC1" });

test("a warning of Node.js is one line of the text log", () => {
  expect(warned("text", WARNING)).toEqual(["mosaic: warning: Node.js: MaxListenersWarning: 11 listeners were added"]);
});

test("a warning of Node.js is one object of the JSON log", () => {
  const [line = "", ...more] = warned("json", WARNING);
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({ level: "warn", warning: "MaxListenersWarning", code: "MOSAIC1" });
});
