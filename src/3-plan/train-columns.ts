import type { Expression } from "../../grammar/ast.ts";
import { operandsOf, parts, variablesIn } from "../program/visit.ts";
import { drawsValue } from "./draws-value.ts";
import { IndexQueue } from "./index-queue.ts";
import { expressionsOfStrand, inspectedExpressions, partsOfAction, testsOf } from "./operator-expressions.ts";
import type { Operator, Strand, StrandAction } from "./strand.ts";
import { isMappedOverTrains } from "./train-functions.ts";

/** Functions that read a whole packet train: `f_rows` returns its packets as a list, `f_count` their number. */
const TRAIN_READERS: ReadonlySet<string> = new Set(["f_rows", "f_count"]);

/**
 * Columns of the strand's event in which the strand takes a packet train as one value. The result must be the same as for separate
 * packets. So the head may pass the column on, unchanged or through functions from bytes to bytes, `f_rows` and `f_count` may read it, and
 * no other expression may use it. A head with aggregates may also pass it on, because it has one result per event. The engine splits a
 * train in any other column.
 */
export function trainColumns(strand: Strand): readonly number[] {
  if (strand.trigger.kind !== "event") return [];
  const binds = strand.match.flatMap((one) => (one.kind === "bind" ? [one] : []));
  if (binds.length === 0) return [];
  const uses = usesOf(strand);
  return binds.filter(({ variable }) => takesWhole(variable, strand, uses)).map(({ column }) => column);
}

/** Parts of a strand, indexed by the variables that they mention. */
interface Uses {
  /** Positions of operators. */
  readonly operators: ReadonlyMap<string, readonly number[]>;
  /** Arguments of the head. */
  readonly args: ReadonlyMap<string, readonly Expression[]>;
  /** Tests of the event, the location and the columns of an aggregate. */
  readonly others: ReadonlyMap<string, readonly Expression[]>;
  /** Whether some expression can have another value for the next packet of a train. */
  readonly differsByPacket: boolean;
}

function usesOf(strand: Strand): Uses {
  const { args, others } = partsOfAction(strand.action);
  const operators = strand.operators.map((operator, at) => [at, inspectedExpressions(operator)] as const);
  return {
    operators: byVariable(operators),
    args: byVariable(args.map((one) => [one, [one]])),
    others: byVariable([...testsOf(strand.match), ...others].map((one) => [one, [one]])),
    differsByPacket: expressionsOfStrand(strand).some(differsByPacket),
  };
}

function byVariable<T>(items: readonly (readonly [T, readonly Expression[]])[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const [item, expressions] of items) {
    for (const name of new Set(expressions.flatMap((one) => variablesIn(one).map((variable) => variable.name)))) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [item]);
      else known.push(item);
    }
  }
  return found;
}

function takesWhole(variable: string, { operators, action }: Strand, uses: Uses): boolean {
  const trains = new Set([variable]);
  const reading: Expression[] = [];
  const visited = new Set<number>();
  const waiting = new IndexQueue();
  const visitUsers = (name: string): void => {
    for (const at of uses.operators.get(name) ?? []) {
      if (visited.has(at)) continue;
      visited.add(at);
      waiting.add(at);
    }
  };
  visitUsers(variable);
  // An operator uses only variables of earlier operators. So when it is visited, it is known which of its variables are trains.
  for (let at = waiting.first; at !== undefined; at = waiting.first) {
    waiting.take();
    const operator = operators[at] as Operator;
    if (operator.kind === "assign" && isTrainForm(operator.value, trains)) {
      trains.add(operator.variable);
      visitUsers(operator.variable);
    } else for (const one of inspectedExpressions(operator)) if (mentions(one, trains)) reading.push(one);
  }
  const args = new Set([...trains].flatMap((name) => uses.args.get(name) ?? []));
  const carried = [...args].filter((arg) => isTrainForm(arg, trains));
  const others = [...trains].flatMap((name) => uses.others.get(name) ?? []);
  const read = [...reading, ...others, ...args.difference(new Set(carried))];
  if (!read.every((one) => isReadWhole(one, trains))) return false;
  if (read.length > 0) return carried.length === 0 || isEvent(action);
  return carried.length > 0 && isEvent(action) && !uses.differsByPacket;
}

/** Whether the action raises an event or sends a tuple. Rows of tables cannot hold trains, only single packets. */
function isEvent(action: StrandAction): boolean {
  if (action.kind === "contribute") return false;
  return action.head.location !== undefined || action.head.predicate.table === undefined;
}

function mentions(expression: Expression, trains: ReadonlySet<string>): boolean {
  return parts(expression).some((part) => part.kind === "variable" && trains.has(part.name));
}

/** Whether the value of the expression is a train if the variables are trains, with one packet for each packet of the variables. */
function isTrainForm(expression: Expression, trains: ReadonlySet<string>): boolean {
  if (!mentions(expression, trains)) return true;
  switch (expression.kind) {
    case "variable":
      return true;
    case "list":
      return expression.tail === undefined && operandsOf(expression).every((operand) => isTrainForm(operand, trains));
    case "packet":
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

/** Whether repeated evaluation of the expression can give another value for the next packet of a train. */
function differsByPacket(expression: Expression): boolean {
  return parts(expression).some(drawsValue);
}
