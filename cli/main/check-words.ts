// Checks the words of the command line before Commander reads them: each value and argument for
// faults of typing, and what Commander would take for something else.

import { Command, CommanderError, Option } from "commander";
import { pathOf } from "../cmdline/define.ts";
import { usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { beginsWithDash, type TextKind, typingFault, withHyphens } from "../model/typing.ts";

/**
 * What the values of an option and the arguments may hold, if they are not names. A row with the
 * path of a command takes precedence. The reasons are those of the kinds.
 */
export const TEXT_KINDS: Readonly<Record<string, TextKind>> = {
  "--username": "template",
  "--group": "template",
  "--add-group": "template",
  "--principal-id": "id",
  "--description": "prose",
  "--file": "path",
  "<file>": "path",
  "--ca": "path",
  "--client-cert": "path",
  "--client-key": "path",
  "--from": "path",
  "--jwks": "path",
  "--kubeconfig": "path",
  "--out": "path",
  "--public-key": "path",
  "--token-file": "path",
  "--token-file-path": "path",
  "--remove-group": "stored",
  "mappings list --group": "stored",
  "reviews list --group": "stored",
  "reviews list --who": "stored",
};

/** A value of an option, or an argument, as it was typed. */
interface TypedText {
  readonly text: string;
  /** The option, such as `--group`, or the argument, such as `<who>`. */
  readonly name: string;
  readonly kind: TextKind;
}

/**
 * Throws for a fault in the words of the called command, and logs one in a text that names what is
 * stored. A group has no options: its words are those of the command that is called next.
 */
export function checkWords(words: readonly string[], command: Command, run: Run): void {
  const [, ...path] = pathOf(command);
  const ofCommand = words.slice(path.length);
  if (command.commands.length > 0) {
    checkHyphens(ofCommand[0] ?? "", command);
    return;
  }
  const options = ofCommand.slice(
    0,
    ofCommand.includes("--") ? ofCommand.indexOf("--") : undefined,
  );
  checkMissing(options, command);
  if (options.includes("--help") || options.includes("-h")) return;
  for (const typed of typedTexts(ofCommand, command, path.join(" "))) checkText(typed, run);
}

function checkText({ text, name, kind }: TypedText, { log }: Run): void {
  const shown = `"${text}"`;
  const what = text === "" ? name : name.startsWith("<") ? shown : `${name} ${shown}`;
  const fault = typingFault(text, kind);
  if (fault !== undefined) throw usage(`${what} ${fault}.`);
  const doubt = kind === "stored" ? typingFault(text, "name") : undefined;
  if (doubt !== undefined) log(`Warning: ${what} ${doubt}.\n`);
}

/** Returns the values of options and the arguments, as Commander reads them. */
function typedTexts(words: readonly string[], command: Command, path: string): TypedText[] {
  const kindOf = (name: string) => TEXT_KINDS[`${path} ${name}`] ?? TEXT_KINDS[name] ?? "name";
  const texts: TypedText[] = [];
  const reader = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const { flags, long } of command.options) {
    const name = long ?? flags;
    const note = (text: string) => texts.push({ text, name, kind: kindOf(name) });
    reader.addOption(new Option(flags).argParser(note));
  }
  // A command with several arguments takes them for the same.
  const name = `<${command.registeredArguments[0]?.name() ?? "argument"}>`;
  const { operands, unknown } = readBy(reader, words);
  // Otherwise, Commander would first report the required option that `--ISSUER` was to be.
  if (unknown !== undefined) command.error(`error: unknown option '${unknown}'`);
  for (const text of operands) {
    checkHyphens(text, command);
    texts.push({ text, name, kind: kindOf(name) });
  }
  return texts;
}

/**
 * Returns the arguments, and the first unknown option. Any other fault of an option is reported when
 * Commander runs the command.
 */
function readBy(reader: Command, words: readonly string[]) {
  try {
    const { operands, unknown } = reader.parseOptions([...words]);
    return { operands, unknown: unknown.find((word) => word.startsWith("-")) };
  } catch (error) {
    if (error instanceof CommanderError) return { operands: [], unknown: undefined };
    throw error;
  }
}

function optionOf({ options }: Command, word: string): Option | undefined {
  return options.find(({ short, long }) => short === word || long === word);
}

/** Commander would take the second option of `--username --yes` as the value of the first. */
function checkMissing(words: readonly string[], command: Command): void {
  for (const [at, word] of words.entries()) {
    const option = optionOf(command, word);
    const next = words[at + 1];
    if (!option?.required || next === undefined || optionOf(command, next) === undefined) continue;
    command.error(
      `error: option '${option.flags}' argument missing: '${next}' is another option. If it is the value, write ${option.long}=${next}`,
    );
  }
}

/** Throws for an option that an editor wrote with another dash, which would be an argument. */
function checkHyphens(word: string, command: Command): void {
  if (!beginsWithDash(word)) return;
  const meant = withHyphens(word);
  const isKnown = optionOf(command, meant.split("=")[0] ?? "") !== undefined;
  const advice = isKnown ? `: type ${meant}` : '. Options follow the command, and begin with "-"';
  throw usage(`"${word}" begins with a dash that is not "-"${advice}.`);
}
