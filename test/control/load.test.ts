import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Reply } from "../../runtime/control/reply.ts";
import type { Request } from "../../runtime/control/request.ts";
import { NodeClient } from "../../src/cli/client/node-client.ts";
import { MosaicProcess } from "../cli/mosaic.ts";

/** Each tuple sends itself again for ever, so the queue of steps is never empty and never full. */
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
  await node.printed(/running /);
});

afterAll(async () => {
  node.kill("SIGTERM");
  await node.ended;
  rmSync(folder, { recursive: true });
});

async function milliseconds(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

test(`a node whose queue is never empty answers within ${PROMPT_MS} ms`, async () => {
  const client = await NodeClient.connect(path);
  const replies = async (request: Request): Promise<readonly Reply[]> => {
    const all: Reply[] = [];
    for await (const reply of client.request(request)) all.push(reply);
    return all;
  };
  const query: number[] = [];
  const times: number[] = [];
  const insert: number[] = [];
  for (let count = 0; count < QUESTIONS; count++) {
    query.push(await milliseconds(() => replies({ kind: "query", text: "t(X, Y), Y > 1", form: "text" })));
    times.push(await milliseconds(() => replies({ kind: "metrics" })));
    insert.push(await milliseconds(() => replies({ kind: "insert", text: 't("a", 1)' })));
  }
  const [answer] = await replies({ kind: "metrics" });
  client.close();
  const queues = answer !== undefined && "metrics" in answer ? answer.metrics.queues : [];
  expect(queues.find(({ queue }) => queue === "steps")?.length).toBeGreaterThan(CIRCLING / 2);
  expect(median(query)).toBeLessThan(PROMPT_MS);
  expect(median(times)).toBeLessThan(PROMPT_MS);
  expect(median(insert)).toBeLessThan(PROMPT_MS);
});
