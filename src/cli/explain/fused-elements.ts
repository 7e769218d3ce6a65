/**
 * Pages for `mosaic explain --element` about parts of the dataflow without a file in `runtime/elements`: operators that are fused into the
 * function of a strand, and nodes of the drawing that are not elements. The keys are the names in the text of the dataflow.
 */
export const FUSED_ELEMENTS: ReadonlyMap<string, string> = new Map([
  [
    "Strand",
    `One way to trigger a rule: the trigger, and the operators that follow it, fused into one function.
A rule with only tables in its body has a strand for each table.`,
  ],
  [
    "On",
    `The trigger of a strand: an event, or a row of a table that was inserted, deleted, refreshed or
expired. Rules of a derived table are also triggered by negation-deleted rows (deleted from a table
that the rule negates) and by each recursive-delta (one changed row of their own recursive stratum).`,
  ],
  ["Lookup", "Looks up the row with this primary key. Continues if the row exists."],
  [
    "Join",
    `Continues once for each matching row. Finds the rows by an index on the columns whose values are
known, or by a scan of all rows if no value is known.`,
  ],
  ["AntiJoin", "Evaluates a negated literal: continues if no row matches."],
  ["Select", "Continues if the condition is true. If it has no value, the derivation fails and is counted."],
  ["Assign", "Assigns a value to a variable. If the expression has no value, the derivation fails and is counted."],
  ["Unnest", "Continues once for each element of the list that matches the pattern."],
  ["Project", "Computes the columns of the head."],
  ["Aggregate", "Aggregates all results that the operators before it have for one event, and continues once."],
  ["Contribute", "Adds a derivation to a derived table, or removes one. A row without derivations is deleted."],
  ["Refresh", "Renews the lifetime of a derived row that is derived again."],
  ["Send", "Sends the tuple to RoundRobin, with its location."],
  ["Raise", "Raises the tuple as an event of the same round."],
  ["Insert", "Inserts the row into the table at the end of the round."],
  ["Delete", "Deletes the row with this key at the end of the round."],
  [
    "Tables",
    `The tables of the node. They do not change during a round. At the end of the round all changes take
effect together: deletions, insertions, expired rows and updates of derived tables. The changed rows
trigger strands in the next round.`,
  ],
  ["Discard", "Receives tuples whose location is not an address. LocSpecDemux counts them as drops, by reason."],
]);
