// Command lines with a fault of typing: those that users were seen to type, and for each option and
// argument of every command the faults that an editor, a copied page or a shell leaves.

import type { Command } from "commander";
import { processRun } from "../../../../cli/io/run.ts";
import { createProgram } from "../../../../cli/main/program.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const UNSET = "If a variable sets it, that variable is empty or not set.";
const CURLY = "contains curly quotes: use straight ones.";

/** The words of a command line, and the sentence that it gets, or what it must not get. */
export interface Input {
  readonly words: readonly string[];
  /** Standard error; the start of it, if it does not end in a line break. */
  readonly refused?: string;
  /** A line of standard error that goes on. */
  readonly warned?: string;
  /** Not refused because of typing: the exit code. */
  readonly accepted?: 0 | 2;
}

const set = (...words: readonly string[]) => [
  ...["mappings", "set", ROLE, ...words],
  ...["--dry-run", "-c", "prod"],
];

const refused = (words: readonly string[], sentence: string): Input => ({
  words,
  refused: `${sentence}\n`,
});

/** What users typed. */
export const SEEN: readonly Input[] = [
  refused(set("--username", "“dev:{SessionName}”"), `--username "“dev:{SessionName}”" ${CURLY}`),
  refused(
    set("--username", "dev:"),
    `--username "dev:" ends with ":". If a variable follows, it is empty or not set; a placeholder is '{SessionName}', in single quotes.`,
  ),
  refused(
    set("--username", "dev:$SessionName"),
    '--username "dev:$SessionName" contains a placeholder with $: write {SessionName}.',
  ),
  refused(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of a shell
    set("--username", "dev:${SessionName}"),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of a shell
    '--username "dev:${SessionName}" contains a placeholder with $: write {SessionName}.',
  ),
  refused(
    set("--group", ":developers"),
    '--group ":developers" begins with ":". If a variable precedes it, that variable is empty or not set.',
  ),
  refused(
    set("--principal-id", "AROA123"),
    '--principal-id "AROA123" has 7 characters, but a unique id has at least 16, so it never matches.',
  ),
  refused(
    set("--principal-id", "aroaexample123456789x"),
    '--principal-id "aroaexample123456789x" must be the unique id of a role (AROA...) or a user (AIDA...), in upper case.',
  ),
  refused(
    set("--principal-id", "AKIAIOSFODNN7EXAMPLE"),
    '--principal-id "AKIAIOSFODNN7EXAMPLE" must be the unique id of a role (AROA...) or a user (AIDA...), in upper case.',
  ),
  refused(
    set("—username", "dev"),
    '"—username" begins with a dash that is not "-": type --username.',
  ),
  refused(
    set("–-username=dev"),
    '"–-username=dev" begins with a dash that is not "-": type --username=dev.',
  ),
  refused(set("—n", "dev"), '"—n" begins with a dash that is not "-": type -n.'),
  refused(
    ["—cluster", "prod", "mappings", "list"],
    '"—cluster" begins with a dash that is not "-". Options follow the command, and begin with "-".',
  ),
  refused(
    ["mappings", "–c", "prod", "list"],
    '"–c" begins with a dash that is not "-". Options follow the command, and begin with "-".',
  ),
  refused(["mappings", "list", "--group", ""], `--group is empty. ${UNSET}`),
  refused(["mappings", "list", "--group="], `--group is empty. ${UNSET}`),
  refused(["mappings", "list", "-c", ""], `--cluster is empty. ${UNSET}`),
  refused(["mappings", "set", ""], `<who> is empty. ${UNSET}`),
  refused(
    set("--username", "'dev:{SessionName}'"),
    `--username "'dev:{SessionName}'" has quotes in its value: remove one pair.`,
  ),
  refused(
    set("--group", "plat\u200bform"),
    '--group "plat?form" contains a character that is not visible (U+200B): type the text again.',
  ),
  refused(
    set("--group", "on–call"),
    '--group "on–call" contains a dash (U+2013) that is not "-": type "-".',
  ),
  // A text in curly quotes that the shell split at its spaces.
  refused(
    set("--description", "“on", "call”"),
    '--description "“on" is in curly quotes: use straight ones.',
  ),
  // What may be meant.
  { words: set("--description", "“Payroll” – the team’s role"), accepted: 0 },
  { words: set("--description", "the team’s “on-call” role "), accepted: 0 },
  { words: set("--description", "— see the runbook"), accepted: 0 },
  { words: set("--username", "dev:{SessionName}@x", "--group", "équipe:lecture"), accepted: 0 },
  { words: ["mappings", "lint", "-f", "“Q3” – mappings.yaml"], accepted: 2 },
  { words: set("--remove-group", "developers"), accepted: 0 },
  {
    words: set("--remove-group", "“developers”"),
    warned: `Warning: --remove-group "“developers”" ${CURLY}\n`,
  },
  {
    words: ["mappings", "list", "-c", "prod", "--group", "“developers”"],
    warned: `Warning: --group "“developers”" ${CURLY}\n`,
  },
  { words: ["mappings", "set", "--group", "“x”", "--help"], accepted: 0 },
];

/** The options whose values may hold more than a name, by the reason; all others are names. */
const FILES = [
  ...["--file", "--ca", "--client-cert", "--client-key", "--from", "--jwks", "--kubeconfig"],
  ...["--out", "--public-key", "--token-file", "--token-file-path"],
];
const PROSE = ["--description"];
const STORED = [
  "mappings list --group",
  "reviews list --group",
  "reviews list --who",
  "mappings set --remove-group",
];

type Faulty = readonly [fault: string, text: string, phrase: string];

const EMPTY: Faulty = ["empty", "", `is empty. ${UNSET}`];
const BLANK: Faulty = ["only a space", " ", `is empty. ${UNSET}`];
const WRAPPED: Faulty = ["curly quotes", "“x”", "is in curly quotes: use straight ones."];
const ENDS: readonly Faulty[] = [
  ["a space at the end", "x ", "ends with a space: remove it."],
  ["a space at the beginning", " x", "begins with a space: remove it."],
];
const OF_NAMES: readonly Faulty[] = [
  EMPTY,
  BLANK,
  ["curly quotes", "“x”", CURLY],
  ["single curly quotes", "‘x’", CURLY],
  ["a curly apostrophe", "o’x", CURLY],
  ["quotes in quotes", '"x"', "has quotes in its value: remove one pair."],
  ["a dash", "a–b", 'contains a dash (U+2013) that is not "-": type "-".'],
  ["a minus sign", "a\u2212b", 'contains a dash (U+2212) that is not "-": type "-".'],
  ...ENDS,
  [
    "a no-break space",
    "a\u00a0b",
    "contains a character that is not visible (U+00A0): type the text again.",
  ],
];
const OF_FILES: readonly Faulty[] = [EMPTY, BLANK, WRAPPED, ...ENDS];

/** Returns each command with its path. */
export function leavesOf(command: Command, path: readonly string[] = []): [string[], Command][] {
  if (command.commands.length === 0) return [[[...path], command]];
  return command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

/** Returns every option and argument of every command with each fault. */
export async function enumerated(): Promise<readonly Input[]> {
  const leaves = leavesOf(await createProgram(processRun()));
  return leaves.flatMap(([path, command]) => [
    ...command.options.flatMap(({ flags, long, required, optional, argChoices = [] }) => {
      if (long === undefined || long === null) return [];
      const dash = refused(
        [...path, long.replace("--", "—")],
        `"${long.replace("--", "—")}" begins with a dash that is not "-": type ${long}.`,
      );
      const capitals = long.toUpperCase();
      const ofName = [
        dash,
        refused(
          [...path, capitals],
          `error: unknown option '${capitals}'\n(Did you mean ${long}?)`,
        ),
      ];
      const [choice = ""] = argChoices;
      const loud = choice.toUpperCase();
      const ofChoice =
        loud === choice
          ? []
          : [
              refused(
                [...path, long, loud],
                `error: option '${flags}' argument '${loud}' is invalid. Allowed choices are ${argChoices.join(", ")}.\n(Did you mean ${choice}?)`,
              ),
            ];
      return [...ofName, ...ofChoice, ...(required || optional ? inputsOf(path, long) : [])];
    }),
    // What follows `help` is a command, and an unknown one is reported.
    ...(command.registeredArguments.length === 0 || path[0] === "help"
      ? []
      : inputsOfArgument(path, command)),
  ]);
}

function inputsOf(path: readonly string[], long: string): Input[] {
  const name = `${path.join(" ")} ${long}`;
  const words = (text: string) => [...path, long, text];
  const inputs = (faults: readonly Faulty[]) =>
    faults.map(([, text, phrase]) => refused(words(text), sentence(long, text, phrase)));
  if (FILES.includes(long)) return [...inputs(OF_FILES), { words: words("a–b"), accepted: 2 }];
  if (PROSE.includes(long))
    return [...inputs([EMPTY, BLANK, WRAPPED]), { words: words("a–b"), accepted: 2 }];
  if (!STORED.includes(name)) return inputs(OF_NAMES);
  const [, ...others] = OF_NAMES;
  const warned = others.filter(([, text]) => text.trim() !== "");
  return [
    ...inputs([EMPTY, BLANK]),
    ...warned.map(([, text, phrase]) => ({
      words: words(text),
      warned: `Warning: ${sentence(long, text, phrase)}\n`,
    })),
  ];
}

function inputsOfArgument(path: readonly string[], command: Command): Input[] {
  const name = command.registeredArguments[0]?.name() ?? "";
  const faults = name === "file" ? OF_FILES : OF_NAMES;
  return faults.map(([, text, phrase]) => {
    const shown = text === "" ? `<${name}>` : `"${text}"`;
    return refused([...path, text], `${shown} ${phrase}`);
  });
}

function sentence(name: string, text: string, phrase: string): string {
  return text === "" ? `${name} ${phrase}` : `${name} "${text}" ${phrase}`;
}
