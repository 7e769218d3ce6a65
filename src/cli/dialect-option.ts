import { Option } from "commander";
import { DIALECTS } from "../../grammar/dialect.ts";

export function dialectOption(): Option {
  return new Option("--dialect <name>", "how to read the files, whatever their endings say").choices(DIALECTS);
}
