import { failuresText, type QueryFailures } from "../../../runtime/control/query-failures.ts";
import type { JsonValue } from "../../../runtime/plan/values/json-value.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { textColumns } from "../terminal/text-columns.ts";
import { NodeClient, withJsonDiagnostics } from "./node-client.ts";

/** `mosaic query NODE TABLE | 'rule body'`: prints the rows of a table, or the results of a rule body, in a running node. */
export async function queryNode(node: string, text: string, json: boolean, output: Output): Promise<void> {
  const client = await NodeClient.connect(node);
  try {
    const { name, columns, rows, failed } = await ask(client, text, json);
    if (json) for (const row of rows) output.result(jsonText({ tuple: [name, ...row], columns }));
    else for (const line of resultLines(columns, rows)) output.result(line);
    if (failed !== undefined) output.problem(`warning: ${failuresText(failed)}`);
  } catch (error: unknown) {
    throw json ? withJsonDiagnostics(error, output) : error;
  } finally {
    client.close();
  }
}

interface QueryResult {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
  readonly failed: QueryFailures | undefined;
}

async function ask(client: NodeClient, text: string, json: boolean): Promise<QueryResult> {
  let head: Pick<QueryResult, "name" | "columns"> = { name: "", columns: [] };
  const rows: (readonly JsonValue[])[] = [];
  let failed: QueryFailures | undefined;
  for await (const reply of client.request({ kind: "query", text, form: json ? "json" : "text" })) {
    if ("columns" in reply) head = reply;
    else if ("rows" in reply) for (const row of reply.rows) rows.push(row);
    else if ("failed" in reply) ({ failed } = reply);
  }
  return { name: head.name, columns: head.columns, rows, failed };
}

/** Lines of a result. A query without variables has the result yes or no. */
function resultLines(columns: readonly string[], rows: QueryResult["rows"]): readonly string[] {
  if (columns.length === 0) return [rows.length > 0 ? "yes" : "no"];
  if (rows.length === 0) return ["no rows"];
  return textColumns(
    columns,
    rows.map((row) => row.map(String)),
  );
}
