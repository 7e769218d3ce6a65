interface Visit {
  readonly name: string;
  readonly number: number;
  readonly reads: readonly string[];
  /** Index in `reads` of the name to visit next. */
  next: number;
  lowest: number;
}

/**
 * Returns the strongly connected components of the dependency graph, each after the components that it reads (Tarjan, 1972). The
 * algorithm is iterative, because recursion over a long program would overflow the call stack.
 */
export function stronglyConnectedComponents(
  names: Iterable<string>,
  readsOf: (name: string) => readonly string[],
): readonly (readonly string[])[] {
  const found: string[][] = [];
  const numbers = new Map<string, number>();
  /** Visited names that are in no component yet. */
  const open: string[] = [];
  const isOpen = new Set<string>();
  const visits: Visit[] = [];
  const begin = (name: string): void => {
    const number = numbers.size;
    numbers.set(name, number);
    open.push(name);
    isOpen.add(name);
    visits.push({ name, number, reads: readsOf(name), next: 0, lowest: number });
  };
  const end = ({ name, number, lowest }: Visit): void => {
    const outer = visits.at(-1);
    if (outer !== undefined) outer.lowest = Math.min(outer.lowest, lowest);
    if (lowest !== number) return;
    const component = open.splice(open.lastIndexOf(name));
    for (const member of component) isOpen.delete(member);
    found.push(component);
  };
  for (const name of names) {
    if (!numbers.has(name)) begin(name);
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const read = visit.reads[visit.next++];
      if (read === undefined) end(visits.pop() as Visit);
      else if (!numbers.has(read)) begin(read);
      else if (isOpen.has(read)) visit.lowest = Math.min(visit.lowest, numbers.get(read) as number);
    }
  }
  return found;
}
