import { FileLibrary } from "../../src/cli/files/file-library.ts";

/** The file "program", and those that follow it in the text, each after a line `file NAME`. Shipped programs are there too. */
export function libraryOf(text: string): FileLibrary {
  const library = new FileLibrary();
  const [program = "", ...files] = text.split(/^file /m);
  library.addText("program", program);
  for (const file of files) library.addText(file.slice(0, file.indexOf("\n")), file.slice(file.indexOf("\n") + 1));
  return library;
}
