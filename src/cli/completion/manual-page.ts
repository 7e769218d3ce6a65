import { allCommands, type CommandDescription, type OptionDescription } from "./command-tree.ts";

/** Returns the manual page of all commands for section 1, in man(7) format. */
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
    ...EXIT_CODES.map(exitLine),
    ".SH ENVIRONMENT",
    ".TP\n\\fBXDG_RUNTIME_DIR\\fR\nwhere the control sockets of running nodes are",
    ".TP\n\\fBNO_COLOR\\fR\nno colours, even on a terminal",
    ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBWATCHDOG_USEC\\fR\nset by systemd, to which the node then reports its state",
    "",
  ].join("\n");
}

const EXIT_CODES: readonly string[] = [
  "0",
  "success",
  "1",
  "the program or the run failed",
  "2",
  "the command line is invalid",
  "3",
  "a search gave up at a limit",
];

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

/** Escapes text for roff: nothing in it becomes a request, and a hyphen remains a hyphen when it is copied. */
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
