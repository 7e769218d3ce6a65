import type { Expression } from "../../grammar/ast.ts";
import { operandsOf, parts } from "../program/visit.ts";
import { drawsValue } from "./draws-value.ts";
import { expressionsOfStrand, inspectedExpressions, partsOfAction, testsOf } from "./operator-expressions.ts";
import type { Strand, StrandAction } from "./strand.ts";
import { isMappedOverTrains } from "./train-functions.ts";

/** Functions of a whole packet train: its packets as a list, and their number. */
const TRAIN_READERS: ReadonlySet<string> = new Set(["f_rows", "f_count"]);

/**
 * Columns of the strand's event in which a packet train stays one value. The result must be the same as for separate packets, so these are
 * the columns that the head passes on, unchanged or through functions from bytes to bytes, and that nothing else reads but `f_rows` and
 * `f_count`. The engine splits a train in any other column.
 */
export function trainColumns(strand: Strand): readonly number[] {
  if (strand.trigger.kind !== "event") return [];
  const binds = strand.match.flatMap((one) => (one.kind === "bind" ? [one] : []));
  return binds.filter(({ variable }) => takesWhole(strand, variable)).map(({ column }) => column);
}

function takesWhole(strand: Strand, variable: string): boolean {
  const trains = new Set([variable]);
  const copies = strand.operators.filter((operator) => {
    const isCopy =
      operator.kind === "assign" && mentions(operator.value, trains) && isTrainForm(operator.value, trains);
    if (isCopy) trains.add(operator.variable);
    return isCopy;
  });
  const inspecting = strand.operators.filter((operator) => !copies.includes(operator));
  const inspected = [...testsOf(strand.match), ...inspecting.flatMap(inspectedExpressions)];
  const { args, others } = partsOfAction(strand.action);
  const carried = args.filter((arg) => mentions(arg, trains) && isTrainForm(arg, trains));
  const read = [...inspected, ...others, ...args.filter((arg) => !carried.includes(arg))];
  if (!read.every((one) => isReadWhole(one, trains))) return false;
  if (read.some((one) => mentions(one, trains))) return carried.length === 0 || isEvent(strand.action);
  return carried.length > 0 && isEvent(strand.action) && !expressionsOfStrand(strand).some(differsByPacket);
}

/** Whether the action raises or sends a tuple. A table holds single packets. */
function isEvent(action: StrandAction): boolean {
  return action.kind === "tuple" && (action.head.location !== undefined || action.head.predicate.table === undefined);
}

function mentions(expression: Expression, trains: ReadonlySet<string>): boolean {
  return parts(expression).some((part) => part.kind === "variable" && trains.has(part.name));
}

/** Whether the value of the expression is a train if the variables are: one packet of it for each packet of the variable. */
function isTrainForm(expression: Expression, trains: ReadonlySet<string>): boolean {
  if (!mentions(expression, trains)) return true;
  switch (expression.kind) {
    case "variable":
      return true;
    case "packet":
    case "list":
      return operandsOf(expression).every((operand) => isTrainForm(operand, trains));
    case "call":
      return (
        isMappedOverTrains(expression.name.text) && expression.args.every((argument) => isTrainForm(argument, trains))
      );
    default:
      return false;
  }
}

/** Whether the expression reads the variables by `f_rows` and `f_count` only. */
function isReadWhole(expression: Expression, trains: ReadonlySet<string>): boolean {
  if (expression.kind === "variable") return !trains.has(expression.name);
  const isReader = expression.kind === "call" && TRAIN_READERS.has(expression.name.text);
  return operandsOf(expression).every(
    (operand) => (isReader && operand.kind === "variable") || isReadWhole(operand, trains),
  );
}

/** Whether an expression can have another value for the next packet of a train. */
function differsByPacket(expression: Expression): boolean {
  return parts(expression).some(drawsValue);
}
