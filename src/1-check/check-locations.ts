import type { Argument, Atom, Constant, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { parseHostPort } from "../../runtime/plan/values/host-port.ts";
import { isHostPort } from "../../runtime/plan/values/location.ts";
import { ADDRESS, inputTypesOf } from "../../runtime/plan/values/socket-view.ts";
import type { Program } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

/** Matches the name or address of a host. A word such as "NIL", which an OverLog program may use for "no location", does not match. */
const HOST = /^localhost$|[.:]/;

/** Reports locations of rules and facts, and addresses of socket calls, that are constants but not addresses. */
export function checkLocations({ rules, facts }: Program): readonly Diagnostic[] {
  const inRules = rules.flatMap(({ head, body, isOverlog }) =>
    [head, ...body.filter(isPredicate).map(({ atom }) => atom)].flatMap((atom) =>
      [locationArgument(atom), ...addressesOfCall(atom)].flatMap((location) =>
        wrongLocation(location, body, isOverlog),
      ),
    ),
  );
  const overlog = new Set(rules.filter(({ isOverlog }) => isOverlog).map(({ span }) => span.file));
  const inFacts = facts.flatMap(({ atom, span }) => wrongLocation(locationArgument(atom), [], overlog.has(span.file)));
  return [...inRules, ...inFacts];
}

/** The inputs of a socket call that are addresses. */
function addressesOfCall({ name, args }: Atom): readonly Argument[] {
  return inputTypesOf(name.text).flatMap((type, at) => (type === ADDRESS ? (args[at] ?? []) : []));
}

function wrongLocation(
  argument: Argument | Expression | undefined,
  body: readonly Literal[],
  isOverlog: boolean,
): readonly Diagnostic[] {
  const location = constantIn(argument, body);
  if (location === undefined || typeof location.value !== "string") return [];
  const parsed = parseHostPort(location.value);
  if (parsed.ok || (isOverlog && !HOST.test(location.value))) return [];
  const why = isHostPort(location.value) ? parsed.why : "it has no port";
  return [report("E0266", location.span, { text: location.text, why })];
}

/** Returns the location if it is a constant, or the constant that the body assigns to its variable; otherwise undefined. */
function constantIn(location: Argument | Expression | undefined, body: readonly Literal[]): Constant | undefined {
  if (location?.kind === "constant") return location;
  if (location?.kind !== "variable") return undefined;
  const assigned = body.find((literal) => literal.kind === "assign" && literal.target.name === location.name);
  return assigned?.kind === "assign" && assigned.value.kind === "constant" ? assigned.value : undefined;
}

/** Returns the location of an atom, written before or among its arguments. */
export function locationArgument(atom: Atom): Argument | Expression | undefined {
  return atom.location ?? (atom.locatedArgument === undefined ? undefined : atom.args[atom.locatedArgument]);
}
