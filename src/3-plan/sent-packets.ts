import type { Argument, Expression, PacketExpression } from "../../grammar/ast.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { expressionsOf, parts } from "../program/visit.ts";

/**
 * The packets that a rule builds and sends: in a head with a location, or as the packet of an overlay's `send`. This node accepts tuples
 * of their predicates from other nodes. A packet that a rule only hashes or stores does not count.
 */
export function sentPackets(rule: CoreRule): readonly PacketExpression[] {
  const { head } = rule;
  if (rule.isDelete) return [];
  const isSend = head.name.text.endsWith(".send");
  if (head.location === undefined && !isSend) return [];
  const args = isSend && head.location === undefined ? head.args.slice(-1) : head.args;
  return args.flatMap((argument) => packetsIn(argument, rule, new Set()));
}

/** Packets in an argument. For a variable, the packets in the value that the body assigns to it. */
function packetsIn(argument: Argument, rule: CoreRule, visited: Set<string>): readonly PacketExpression[] {
  return expressionsOf(argument)
    .flatMap((expression) => parts(expression))
    .flatMap((part): readonly PacketExpression[] => {
      if (part.kind === "packet") return [part];
      if (part.kind !== "variable" || visited.has(part.name)) return [];
      visited.add(part.name);
      const value = assignedTo(part.name, rule);
      return value === undefined ? [] : packetsIn(value, rule, visited);
    });
}

function assignedTo(name: string, { body }: CoreRule): Expression | undefined {
  const assignment = body.find((literal) => literal.kind === "assign" && literal.target.name === name);
  return assignment?.kind === "assign" ? assignment.value : undefined;
}
