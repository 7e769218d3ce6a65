/**
 * One session of the control interface. ControlSocket passes each line of a client to `line`; parseRequest reads it; the
 * session answers with replies from the tables of the node (`query`), its metrics, a step (`insert`, `delete`, `rebind`), a hot reload
 * (`load`, `unload`, `reload`) or a trace. Replies are generators: a client that reads slowly pulls them one by one.
 */
import { sizeOfText } from "../plan/values/bounded.ts";
import { formatValue } from "../plan/values/format.ts";
import { predicatesByHash, withKnownPackets } from "../plan/values/known-packets.ts";
import { encodeValue, type JsonValue } from "../plan/values/json-value.ts";
import type { Values } from "../plan/values/value.ts";
import type { CompileError, ProgramChange } from "./compiler.ts";
import type { Control } from "./control.ts";
import { evaluate } from "./evaluate.ts";
import type { QueryFailures } from "./query-failures.ts";
import { type RebindResult, refusal } from "../node/rebind.ts";
import { replaceProgram } from "./replace-program.ts";
import type { RequestErrorReason, Reply } from "./reply.ts";
import { parseRequest, type Request, type RequestId, type ValueForm } from "./request.ts";
import { tableNameIn } from "./table-name.ts";
import { Trace } from "./trace.ts";

/** Client of a session, seen as the receiver of its replies. */
export interface Client {
  /**
   * Sends one line; `line` has no newline. Returns false when the client has too many unread bytes; the session then waits for `drained`.
   */
  send(line: string): boolean;
}

/** Largest number of rows in a line of a reply, and largest size of several rows in it, as `sizeOfText` counts it. */
const ROWS_PER_LINE = 100;
const BYTES_PER_LINE = 64 * 1024;
/** Size of the longest row in a reply. A row from the network has at most 256 KiB. */
const MOST_ROW_BYTES = 2 * 1024 * 1024;
const ROW_TOO_LONG = `a row has more than ${MOST_ROW_BYTES >> 20} MiB: ask for parts of its values, such as f_size(X)`;
const MOST_PENDING = 16;
const MOST_TRACES = 4;

/** Session of one client of a node. Each line of the client gets a reply, also an invalid line. */
export class Session {
  readonly #control: Control;
  readonly #client: Client;
  readonly #pending: Iterator<Reply>[] = [];
  readonly #traces: Trace[] = [];
  /** Number of requests that wait for the kernel or for the lookup of a name. */
  #awaited = 0;
  #isFull = false;
  #isClosed = false;

  constructor(control: Control, client: Client) {
    this.#control = control;
    this.#client = client;
    control.counters.clients++;
  }

  /** Whether the client waits for nothing: no reply is pending, and no trace runs. */
  get isIdle(): boolean {
    return this.#pending.length + this.#awaited + this.#traces.length === 0 && !this.#isFull;
  }

  /** Handles a line of the client. Called between two steps. */
  line(text: string): void {
    this.#control.counters.requests++;
    const parsed = parseRequest(text);
    if (!parsed.ok) return this.#send(this.#requestError(parsed.id, parsed.reason, parsed.message));
    const { id, request } = parsed;
    if (this.#pending.length + this.#awaited >= MOST_PENDING)
      return this.#send(this.#requestError(id, "busy", `${MOST_PENDING} replies are pending`));
    if (request.kind === "move") void this.#move(id, request.listen);
    else this.#reply(this.#answer(id, request));
  }

  /** Reports a line of more than `longest` bytes, which was skipped. */
  tooLong(longest: number): void {
    this.#control.counters.requests++;
    this.#send(this.#requestError(null, "too long", `a request has at most ${longest} bytes`));
  }

  /** Continues sending. Called when the client has read enough. */
  drained(): void {
    this.#isFull = false;
    for (const trace of this.#traces) trace.resume();
    this.#pump();
  }

  /** Ends the session. Called when the client has disconnected. */
  close(): void {
    this.#isClosed = true;
    this.#pending.length = 0;
    for (const trace of this.#traces) trace.end();
  }

  #reply(replies: Iterable<Reply>): void {
    this.#pending.push(replies[Symbol.iterator]());
    this.#pump();
  }

  #pump(): void {
    for (let [next] = this.#pending; next !== undefined && !this.#isFull; [next] = this.#pending) {
      const step = next.next();
      if (step.done === true) this.#pending.shift();
      else this.#send(step.value);
    }
  }

  #send(reply: Reply): void {
    if (!this.#client.send(JSON.stringify(reply))) this.#isFull = true;
  }

  /** Moves the socket of the node, and replies after the move. Other requests do not wait for the move. */
  async #move(id: RequestId, listen: string): Promise<void> {
    this.#awaited++;
    const moved = await this.#control.node.moveTo(listen);
    this.#awaited--;
    if (!this.#isClosed) this.#reply([this.#rebound(id, moved, "the node")]);
  }

  #answer(id: RequestId, request: Exclude<Request, { readonly kind: "move" }>): Iterable<Reply> {
    switch (request.kind) {
      case "query": {
        const table = tableNameIn(request.text);
        return table === undefined
          ? this.#query(id, request.text, request.form)
          : this.#contents(id, table, request.form);
      }
      case "insert":
      case "delete":
        return [this.#operate(id, request.text, request.kind === "delete")];
      case "rebind":
        return [this.#rebind(id, request.overlay, request.address, request.grace)];
      case "load":
      case "unload":
      case "reload":
        return this.#replaceProgram(id, request);
      case "metrics":
        return [
          { id, metrics: this.#control.node.metrics(), control: this.#control.metrics() },
          { id, ok: true },
        ];
      case "describe":
        return [
          { id, node: this.#control.describe() },
          { id, ok: true },
        ];
      case "trace":
        return this.#trace(id, request.predicate, request.form);
    }
  }

  /** Replies with all rows of a table. The compiler explains a name that is no table. */
  #contents(id: RequestId, name: string, form: ValueForm): Iterable<Reply> {
    const table = this.#control.node.table(name);
    if (table === undefined) return this.#query(id, `${name}()`, form);
    const names = this.#control.compiler.columns(name);
    const columns = Array.from({ length: table.predicate.arity }, (_, column) => names[column] ?? `${column + 1}`);
    return this.#rowsReplies({ id, name, columns, rows: [...table.rows()], failed: undefined }, form);
  }

  #query(id: RequestId, text: string, form: ValueForm): Iterable<Reply> {
    const compiled = this.#control.compiler.query(text, this.#control.node.plan);
    if (!compiled.ok) return [this.#compileError(id, compiled.error)];
    const { name, columns } = compiled.result;
    const result = evaluate(compiled.result, this.#control.queried);
    if (result.ok) return this.#rowsReplies({ id, name, columns, ...result }, form);
    return [this.#requestError(id, "limit", result.message)];
  }

  #operate(id: RequestId, text: string, isDelete: boolean): Reply {
    const { node, compiler } = this.#control;
    const compiled = compiler.facts(text, node.plan, isDelete);
    if (!compiled.ok) return this.#compileError(id, compiled.error);
    for (const { predicate, args, location } of compiled.result) {
      const operated = node.operate(predicate, args, isDelete, location);
      if (operated === "limit")
        return this.#requestError(
          id,
          "limit",
          `a rule exceeded a limit after ${isDelete ? "deletion" : "insertion"} of ${predicate}`,
        );
    }
    return { id, ok: true };
  }

  #rebind(id: RequestId, overlay: string, text: string, grace: number | undefined): Reply {
    const { node, compiler } = this.#control;
    const reading = compiler.address(text);
    const rebound = reading.ok ? node.rebind(overlay, reading.address, grace) : refusal(reading.message);
    return this.#rebound(id, rebound, overlay);
  }

  /** Returns the reply to a request for a new address of the node or of an overlay. */
  #rebound(id: RequestId, rebound: RebindResult, name: string): Reply {
    switch (rebound.kind) {
      case "done":
        return { id, ok: true };
      case "limit":
        return this.#requestError(id, "limit", `a rule exceeded a limit after the new address of ${name}`);
      case "refused": {
        const { message } = rebound;
        return this.#compileError(id, { code: "", message, text: message, diagnostics: [] });
      }
    }
  }

  /** Replaces the program. If a rule exceeds a limit, the previous program continues unchanged. */
  #replaceProgram(id: RequestId, change: ProgramChange): Iterable<Reply> {
    const { node, compiler } = this.#control;
    const replaced = replaceProgram(node, compiler, change);
    if (!replaced.ok) {
      return replaced.reason === "program"
        ? [this.#compileError(id, replaced.error)]
        : [this.#requestError(id, "limit", replaced.message)];
    }
    const { swap, files } = replaced;
    return [
      { id, swap, files },
      { id, ok: true },
    ];
  }

  #trace(id: RequestId, predicate: string | undefined, form: ValueForm): Iterable<Reply> {
    if (this.#traces.length >= MOST_TRACES)
      return [this.#requestError(id, "busy", `${MOST_TRACES} traces run already`)];
    const { node, compiler } = this.#control;
    const unknown = predicate === undefined ? undefined : compiler.predicate(predicate, node.plan);
    if (unknown !== undefined) return [this.#compileError(id, unknown)];
    const send = (reply: Reply): boolean => {
      if (this.#isFull) return false;
      this.#send(reply);
      return true;
    };
    this.#traces.push(new Trace(node, id, predicate, form, send));
    return [{ id, tracing: true }];
  }

  #compileError(id: RequestId, { message, text, diagnostics }: CompileError): Reply {
    this.#control.countRefused("program");
    return { id, ok: false, error: { reason: "program", message, text, diagnostics } };
  }

  /** Formats the values of rows. Encoded packets of predicates that the program knows are shown decoded. */
  #formatter(form: ValueForm): (row: Values) => readonly JsonValue[] {
    const predicateOf = predicatesByHash(this.#control.node.plan.predicates);
    const format = form === "text" ? formatValue : encodeValue;
    return (row) => withKnownPackets(row, predicateOf).map((value) => format(value));
  }

  /** Replies with rows, some in each line. A row that is too long to print at once ends the reply. */
  *#rowsReplies({ id, name, columns, rows, failed }: Answer, form: ValueForm): Generator<Reply> {
    const format = this.#formatter(form);
    yield { id, name, columns };
    let line: (readonly JsonValue[])[] = [];
    let bytes = 0;
    for (const row of rows) {
      const size = sizeOfText(row);
      if (size > MOST_ROW_BYTES) {
        yield this.#requestError(id, "limit", ROW_TOO_LONG);
        return;
      }
      if (line.length === ROWS_PER_LINE || (bytes + size > BYTES_PER_LINE && line.length > 0)) {
        yield { id, rows: line };
        line = [];
        bytes = 0;
      }
      line.push(format(row));
      bytes += size;
    }
    if (line.length > 0) yield { id, rows: line };
    yield { id, ok: true, count: rows.length, ...(failed === undefined ? {} : { failed }) };
  }

  #requestError(id: RequestId, reason: RequestErrorReason, message: string): Reply {
    this.#control.countRefused(reason);
    return { id, ok: false, error: { reason, message } };
  }
}

/** Answer to a query. `rows` is a snapshot, so that a slow client sees the state of one moment. */
interface Answer {
  readonly id: RequestId;
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly Values[];
  readonly failed: QueryFailures | undefined;
}
