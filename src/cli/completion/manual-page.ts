import { allCommands, type CommandDescription, type OptionDescription } from "./command-tree.ts";

/** The manual page of the whole tree, for section 1, in the language of man(7). */
export function manualPage(root: CommandDescription, version: string): string {
  const [name = ""] = root.path;
  const commands = [...allCommands(root)].filter((command) => command !== root && command.commands.length === 0);
  return [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${roff(lowerFirst(root.description.replace(/\.$/, "")))}`,
    ".SH SYNOPSIS",
    `.B ${name}`,
    "\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...",
    ".SH OPTIONS",
    ...root.options.flatMap(optionLines),
    ".SH COMMANDS",
    ...commands.flatMap((command) => commandLines(command)),
    ".SH EXIT STATUS",
    ...["0", "success", "1", "the program or the run failed", "2", "the command line is wrong"].map(exitLine),
    ".SH ENVIRONMENT",
    ".TP\n\\fBXDG_RUNTIME_DIR\\fR\nwhere the control sockets of running nodes are",
    ".TP\n\\fBNO_COLOR\\fR\nno colours, also on a terminal",
    ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBWATCHDOG_USEC\\fR\nset by systemd, which is then told how the node is",
    "",
  ].join("\n");
}

function exitLine(text: string): string {
  return /^\d$/.test(text) ? `.TP\n\\fB${text}\\fR` : roff(text);
}

function commandLines({ path, description, parameters, options }: CommandDescription): readonly string[] {
  const usage = parameters.map(({ name, isRequired, isVariadic }) => {
    const text = `\\fI${roff(name)}\\fR${isVariadic ? "..." : ""}`;
    return isRequired ? text : `[${text}]`;
  });
  const described = parameters.filter((parameter) => parameter.description !== "");
  return [
    `.SS "${roff(path.slice(1).join(" "))}"`,
    [`\\fB${roff(path.join(" "))}\\fR`, "[\\fIOPTION\\fR]...", ...usage].join(" "),
    ".PP",
    `${roff(upperFirst(description))}.`,
    ...described.flatMap((parameter) => [".TP", `\\fI${roff(parameter.name)}\\fR`, roff(parameter.description)]),
    ...options.flatMap(optionLines),
  ];
}

function optionLines({ names, value, description }: OptionDescription): readonly string[] {
  const bold = names.map((name) => `\\fB${roff(name)}\\fR`).join(", ");
  const shown = value === undefined ? "" : ` \\fI${roff(value.isRequired ? value.name : `[${value.name}]`)}\\fR`;
  const choices = value === undefined || value.choices.length === 0 ? "" : `: ${value.choices.join(", ")}`;
  const preset = value?.preset === undefined ? "" : ` (default ${value.preset})`;
  return [".TP", `${bold}${shown}`, roff(`${description}${choices}${preset}`)];
}

/** Text as it is: nothing in it is a command, and a hyphen is one that can be copied. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
