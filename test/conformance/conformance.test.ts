import { readdirSync } from "node:fs";
import { describe } from "vitest";
import { testCases } from "../cases.ts";
import { runCase } from "./run-case.ts";

const CASES = new URL("cases/", import.meta.url);

describe.for(readdirSync(CASES).toSorted())("%s", (file) => {
  testCases(new URL(file, CASES), runCase);
});
