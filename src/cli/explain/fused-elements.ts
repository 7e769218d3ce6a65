/**
 * Pages for `mosaic explain --element` about elements without a file in `runtime/elements`: those that are fused into the function of a
 * strand, by their names in the text of the dataflow, and the nodes of the drawing that are not elements.
 */
export const FUSED_ELEMENTS: ReadonlyMap<string, string> = new Map([
  [
    "Strand",
    `One way to trigger a rule: the trigger, and the elements that are fused into its function.
A rule with only tables in its body has a strand for each table.`,
  ],
  [
    "On",
    `The trigger of a strand: an event, or a change of a row in a table: inserted, deleted, refreshed or
expired. Rules of a derived table are also triggered by negation-deleted rows (deleted from a table
that the rule negates) and by each recursive-delta (one changed row of their own recursive stratum).`,
  ],
  ["Lookup", "Finds the row with this primary key. Continues if there is one."],
  [
    "Join",
    `Continues once for each matching row: by an index on the columns whose values are known, or by a
scan of all rows if no value is known.`,
  ],
  ["AntiJoin", "Continues if no row matches: a negated literal."],
  ["Select", "Continues if the condition is true. If it has no value, the derivation fails and is counted."],
  ["Assign", "Assigns a value to a variable. If the expression has no value, the derivation fails and is counted."],
  ["Unnest", "Continues once for each element of the list that matches the pattern."],
  ["Project", "Computes the columns of the head."],
  ["Aggregate", "Aggregates all results of the elements before it for one event, and continues once."],
  ["Contribute", "Adds a derivation to a derived table, or removes one. A row without derivations is deleted."],
  ["Refresh", "Renews the lifetime of a derived row that is derived again."],
  ["Send", "Sends the tuple to RoundRobin, with its location."],
  ["Raise", "Raises the tuple as an event of the same round."],
  ["Insert", "Inserts the row into the table at the end of the round."],
  ["Delete", "Deletes the row with this key at the end of the round."],
  [
    "Tables",
    `The tables of the node. They do not change during a round. At its end deletions, insertions, expiry
and derived tables change them together, and the changed rows trigger strands in the next round.`,
  ],
  ["Discard", "The end of tuples whose location is no address. LocSpecDemux counts them as drops, by reason."],
]);
