import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NodeClient } from "../../src/cli/node-client.ts";
import { MosaicProcess } from "../cli/mosaic.ts";

/** Each of so many tuples makes one more of itself, for ever: the queue of steps is never empty, nor is it full. */
const CIRCLING = 20_000;
const PROGRAM = `
materialize(t, infinity, infinity, keys(1)).
materialize(seen, infinity, 1000, keys(1)).
t("a", 1). t("b", 2).
start: circle@Me(E) :- periodic(E, 0, ${CIRCLING}), localAddr(Me).
circle: circle@Me(X + ${CIRCLING}) :- circle(X), localAddr(Me).
row: seen(X) :- circle(X).
`;
const QUESTIONS = 21;
const PROMPT_MS = 100;

const folder = mkdtempSync(join(tmpdir(), "mosaic-load-"));
const path = join(folder, "c.sock");
let node: MosaicProcess;

beforeAll(async () => {
  const program = join(folder, "p.mzl");
  writeFileSync(program, PROGRAM);
  node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:0", "--control", path]);
  await node.said(/running /);
});

afterAll(async () => {
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
  rmSync(folder, { recursive: true });
});

async function milliseconds(act: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

test(`a node whose queue is never empty answers within ${PROMPT_MS} ms`, async () => {
  const client = await NodeClient.connect(path);
  const times: Record<"query" | "figures" | "insert", number[]> = { query: [], figures: [], insert: [] };
  let waiting = 0;
  for (let count = 0; count < QUESTIONS; count++) {
    const query = async (): Promise<void> => {
      for await (const reply of client.request({ kind: "query", text: "t(X, Y), Y > 1", form: "text" })) {
        if ("rows" in reply) expect(reply.rows).toEqual([['"b"', "2"]]);
      }
    };
    const figures = async (): Promise<void> => {
      for await (const reply of client.request({ kind: "figures" })) {
        if ("figures" in reply) waiting = reply.figures.queues.find(({ queue }) => queue === "steps")?.length ?? 0;
      }
    };
    const insert = async (): Promise<void> => {
      for await (const _reply of client.request({ kind: "insert", text: 't("a", 1)' })) continue;
    };
    for (const [name, act] of Object.entries({ query, figures, insert })) {
      times[name as keyof typeof times].push(await milliseconds(act));
    }
  }
  client.close();
  expect(waiting).toBeGreaterThan(CIRCLING / 2);
  expect(median(times.query)).toBeLessThan(PROMPT_MS);
  expect(median(times.figures)).toBeLessThan(PROMPT_MS);
  expect(median(times.insert)).toBeLessThan(PROMPT_MS);
});
