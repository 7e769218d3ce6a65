import { Control } from "../../runtime/control/control.ts";
import { failuresText } from "../../runtime/control/query-failures.ts";
import type { Reply } from "../../runtime/control/reply.ts";
import { Session } from "../../runtime/control/session.ts";
import { Node } from "../../runtime/node/node.ts";
import type { NodeSettings } from "../../runtime/node/node-settings.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { CoreProgram } from "../../src/2-rewrite/core.ts";
import { columnNames } from "../../src/query/column-names.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { NodeCompiler } from "../../src/cli/run/node-compiler.ts";
import type { ProgramOptions } from "../../src/cli/run/compile-for-run.ts";
import { compile } from "../../src/compile.ts";
import { type ManualClock, manualWorld } from "../session/manual-world.ts";

const HERE = "here:1";
const OPTIONS: ProgramOptions = { files: [], defines: new Map(), dialect: undefined, facts: [], hasTun: false };

export function planOf(program: string): Plan {
  return compiled(program).plan;
}

function compiled(program: string): { readonly plan: Plan; readonly core: CoreProgram } {
  const library = new FileLibrary();
  library.addText("asked.mzl", program);
  const { plan, core, diagnostics } = compile(["asked.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined || core === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return { plan, core };
}

/** Node in an isolated world, and one client of its control interface without a socket. */
export class AskedNode {
  readonly node: Node;
  readonly clock: ManualClock;
  readonly control: Control;
  readonly session: Session;
  readonly lines: string[] = [];
  /** Lines that the client takes before it is full. */
  room: number = Infinity;

  constructor(program: string, settings: Partial<NodeSettings> = {}) {
    const world = manualWorld(HERE);
    const { plan, core } = compiled(program);
    this.clock = world.clock;
    this.node = new Node(loadProgram(plan), world, {
      names: [HERE],
      facts: [],
      watch: [],
      limits: { derivations: 1000 },
      ...settings,
    });
    this.node.start();
    this.control = new Control(this.node, new NodeCompiler(OPTIONS, columnNames(core), []));
    this.session = new Session(this.control, {
      send: (line) => {
        this.lines.push(line);
        return --this.room > 0;
      },
    });
  }

  /** Returns the replies since the last call. */
  replies(): readonly Reply[] {
    return this.lines.splice(0).map((line) => JSON.parse(line) as Reply);
  }

  request(fields: object): readonly Reply[] {
    this.session.line(JSON.stringify({ v: 1, id: 1, ...fields }));
    return this.replies();
  }

  /** Returns the answer to a query as lines: the columns, one line per row, and the failures; or the message and the help. */
  query(text: string): readonly string[] {
    return this.request({ do: "query", text, form: "text" }).flatMap((reply): readonly string[] => {
      if ("columns" in reply) return [reply.columns.join(" ")];
      if ("rows" in reply) return reply.rows.map((row) => row.map(String).join(" "));
      if ("failed" in reply && reply.failed !== undefined) return [failuresText(reply.failed)];
      if (!("error" in reply)) return [];
      return [reply.error.message, ...(/help: .*/.exec(reply.error.text ?? "") ?? [])];
    });
  }
}
