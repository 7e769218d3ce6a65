const TABLE_NAME = /^\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)\s*$/;

/** Returns the name if the text of a query is only a name: such a query asks for all rows of a table. */
export function tableNameIn(text: string): string | undefined {
  return TABLE_NAME.exec(text)?.[1];
}
