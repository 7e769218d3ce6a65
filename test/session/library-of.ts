import { FileLibrary } from "../../src/cli/files/file-library.ts";

/** Library with the file "program", the files after lines `file NAME` in the text, and the shipped programs. */
export function libraryOf(text: string): FileLibrary {
  const library = new FileLibrary();
  const [program = "", ...files] = text.split(/^file /m);
  library.addText("program", program);
  for (const file of files) library.addText(file.slice(0, file.indexOf("\n")), file.slice(file.indexOf("\n") + 1));
  return library;
}
