import { formatValue } from "../plan/values/format.ts";
import type { Values } from "../plan/values/value.ts";
import { jsonValue, type JsonValue } from "../observe/watch.ts";
import type { CompileError, ProgramChange } from "./compiler.ts";
import type { Control } from "./control.ts";
import { evaluate } from "./evaluate.ts";
import type { RequestErrorReason, Reply } from "./reply.ts";
import { parseRequest, type Request, type RequestId, type ValueForm } from "./request.ts";
import { Trace } from "./trace.ts";

/** The client's end of a session. */
export interface Client {
  /** Takes one line, without the newline. False: there is no room for more until `Session.drained` is called. */
  send(line: string): boolean;
}

/** Rows in one line of an answer. */
const ROWS_A_LINE = 100;
const MOST_WAITING = 16;
const MOST_TRACES = 4;
const TABLE_NAME = /^\s*[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*\s*$/;

/** One client of a node: lines in, lines out. Whatever a line holds, the outcome is a reply. */
export class Session {
  readonly #control: Control;
  readonly #client: Client;
  readonly #waiting: Iterator<Reply>[] = [];
  readonly #traces: Trace[] = [];
  #isFull = false;

  constructor(control: Control, client: Client) {
    this.#control = control;
    this.#client = client;
    control.counters.clients++;
  }

  /** A line has come. Between steps only. */
  line(text: string): void {
    this.#control.counters.requests++;
    const parsed = parseRequest(text);
    if (!parsed.ok) return this.#send(this.#refusal(parsed.id, parsed.reason, parsed.message));
    const { id, request } = parsed;
    if (this.#waiting.length < MOST_WAITING) return this.#reply(this.#answer(id, request));
    this.#send(this.#refusal(id, "busy", `${MOST_WAITING} answers wait to be read`));
  }

  /** A line was longer than `longest` bytes and has been skipped. */
  tooLong(longest: number): void {
    this.#control.counters.requests++;
    this.#send(this.#refusal(null, "too long", `a request has at most ${longest} bytes`));
  }

  /** The client has room again. */
  drained(): void {
    this.#isFull = false;
    for (const trace of this.#traces) trace.resume();
    this.#pump();
  }

  /** The client is gone. */
  close(): void {
    this.#waiting.length = 0;
    for (const trace of this.#traces) trace.end();
  }

  #reply(replies: Iterable<Reply>): void {
    this.#waiting.push(replies[Symbol.iterator]());
    this.#pump();
  }

  #pump(): void {
    for (let [next] = this.#waiting; next !== undefined && !this.#isFull; [next] = this.#waiting) {
      const step = next.next();
      if (step.done === true) this.#waiting.shift();
      else this.#send(step.value);
    }
  }

  #send(reply: Reply): void {
    if (!this.#client.send(JSON.stringify(reply))) this.#isFull = true;
  }

  #answer(id: RequestId, request: Request): Iterable<Reply> {
    switch (request.kind) {
      case "query":
        return TABLE_NAME.test(request.text)
          ? this.#contents(id, request.text.trim(), request.form)
          : this.#query(id, request.text, request.form);
      case "insert":
      case "delete":
        return [this.#operate(id, request.text, request.kind === "delete")];
      case "load":
      case "unload":
      case "reload":
        return this.#exchange(id, request);
      case "figures":
        return [
          { id, figures: this.#control.node.metrics(), control: this.#control.figures() },
          { id, ok: true },
        ];
      case "trace":
        return this.#trace(id, request.predicate, request.form);
    }
  }

  /** A name that is no table goes to the compiler for its words. */
  #contents(id: RequestId, name: string, form: ValueForm): Iterable<Reply> {
    const table = this.#control.node.table(name);
    if (table === undefined) return this.#query(id, `${name}()`, form);
    const names = this.#control.compiler.columns(name);
    const columns = Array.from({ length: table.predicate.arity }, (_, column) => names[column] ?? `${column + 1}`);
    return rowsReplies(id, columns, [...table.rows()], form);
  }

  #query(id: RequestId, text: string, form: ValueForm): Iterable<Reply> {
    const compiled = this.#control.compiler.query(text, this.#control.node.plan);
    if (!compiled.ok) return [this.#complaint(id, compiled.error)];
    const answer = evaluate(compiled.result, this.#control.queried);
    if (answer.ok) return rowsReplies(id, compiled.result.columns, answer.rows, form);
    return [this.#refusal(id, "limit", "the query looks at more rows than a running node can spare")];
  }

  #operate(id: RequestId, text: string, isDelete: boolean): Reply {
    const { node, compiler } = this.#control;
    const compiled = compiler.facts(text, node.plan, isDelete);
    if (!compiled.ok) return this.#complaint(id, compiled.error);
    for (const { predicate, args, location } of compiled.result) {
      const operated = node.operate(predicate, args, isDelete, location);
      if (operated === "limit") return this.#refusal(id, "limit", `a rule passed a limit over ${predicate}`);
    }
    return { id, ok: true };
  }

  /** The new program runs, or the old one does as if nobody had asked. */
  #exchange(id: RequestId, change: ProgramChange): Iterable<Reply> {
    const { node, compiler } = this.#control;
    const compiled = compiler.program(change);
    if (!compiled.ok) return [this.#complaint(id, compiled.error)];
    const next = compiled.result;
    const { program, facts, files } = next;
    const succession = node.replaceProgram(program, facts);
    if (succession === undefined) {
      return [this.#refusal(id, "limit", "a rule passed a limit over the new program; the old one goes on")];
    }
    next.keep();
    return [
      { id, succession, files },
      { id, ok: true },
    ];
  }

  #trace(id: RequestId, predicate: string | undefined, form: ValueForm): Iterable<Reply> {
    if (this.#traces.length >= MOST_TRACES) return [this.#refusal(id, "busy", `${MOST_TRACES} traces run already`)];
    const { node, compiler } = this.#control;
    const unknown = predicate === undefined ? undefined : compiler.predicate(predicate, node.plan);
    if (unknown !== undefined) return [this.#complaint(id, unknown)];
    const send = (reply: Reply): boolean => {
      if (this.#isFull) return false;
      this.#send(reply);
      return true;
    };
    this.#traces.push(new Trace(node, id, predicate, form, send));
    return [{ id, tracing: true }];
  }

  #complaint(id: RequestId, { message, text }: CompileError): Reply {
    this.#control.refused("program");
    return { id, ok: false, error: { reason: "program", message, text } };
  }

  #refusal(id: RequestId, reason: RequestErrorReason, message: string): Reply {
    this.#control.refused(reason);
    return { id, ok: false, error: { reason, message } };
  }
}

/** Lines of rows as the client takes them; the rows are those of the moment of the question. */
function* rowsReplies(
  id: RequestId,
  columns: readonly string[],
  rows: readonly Values[],
  form: ValueForm,
): Generator<Reply> {
  yield { id, columns };
  for (let at = 0; at < rows.length; at += ROWS_A_LINE) {
    yield { id, rows: rows.slice(at, at + ROWS_A_LINE).map((row) => written(row, form)) };
  }
  yield { id, ok: true, count: rows.length };
}

function written(row: Values, form: ValueForm): readonly JsonValue[] {
  return row.map((value) => (form === "text" ? formatValue(value) : jsonValue(value)));
}
