// `mappings edit`: opens mappings and denials in an editor, and writes the changes after a plan.

import type { Command } from "commander";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { executePlan } from "../changes/clusters.ts";
import { destinationOf } from "../changes/destination.ts";
import { planChanges } from "../changes/plan.ts";
import { readByName, readMappings } from "../changes/read-mappings.ts";
import { describe } from "../command.ts";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { CONNECTION, type ConnectionOptions, READING, WRITE, type WriteOptions, withOptions } from "../options.ts";
import { forCluster } from "../program-name.ts";
import { accountOf } from "../store/entry.ts";
import { type Reading, readParameter } from "../store/read-parameter.ts";
import { isSameValue } from "../store/value.ts";
import { createDraft, type Draft } from "../terminal/confirm.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { foreignProblem } from "./file/entry.ts";
import { examineMappingFiles, writeLists } from "./file/file.ts";
import { placeEntries } from "./file/to-parameters.ts";
import { warnOfSessionTrust } from "./session-trust.ts";
import { checkAccounts, findTarget, TARGET_HELP } from "./target.ts";

type EditOptions = ConnectionOptions & WriteOptions;
type StoredParameters = ReadonlyMap<string, Stored>;

export function editCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Opens the mappings as a file in the editor of VISUAL or EDITOR, and shows a plan when you close it. Without <who>, " +
      `it opens all mappings and denials. An entry that you remove from the file is removed.\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings edit -c prod arn:aws:iam::111122223333:role/Developers",
      "EDITOR='code --wait' iam-authenticator mappings edit -c prod deny/111122223333",
    ],
  }).argument("[who...]");
  return withOptions(command, CONNECTION, READING, WRITE).action((who: string[], options: EditOptions) =>
    edit(who, options, io),
  );
}

async function edit(who: readonly string[], options: EditOptions, io: IOStreams): Promise<void> {
  if (!io.interactive && !options.yes && !options.dryRun) {
    throw usage(
      `mappings edit needs a terminal. Without one, change a file: ${forCluster(
        "iam-authenticator mappings export > mappings.yaml, then iam-authenticator mappings apply -f mappings.yaml",
        options,
        io.environment,
      )}`,
    );
  }
  const connection = await connect(options, io);
  const found = who.length === 0 ? await readMappings(connection, io) : await readNamed(who, connection, io);
  const { opened, text } = await editableText(found, who.length > 0, connection, io);
  const draft = createDraft("mappings.yaml", text);
  let isKept = true;
  try {
    const desired = await editUntilValid(draft, opened, connection, io);
    if (desired === undefined) io.log("Nothing was changed.\n");
    else await writeEdited(desired, opened, who.length === 0, connection, options, io);
    isKept = options.dryRun === true && desired !== undefined;
  } finally {
    // Never lose the user's text.
    if (isKept && draft.read() !== text) io.log(`Your text is in ${draft.path}.\n`);
    else draft.remove();
  }
}

async function readNamed(who: readonly string[], connection: Connection, io: IOStreams): Promise<StoredParameters> {
  const names = [...new Set(who.map((one) => findTarget(connection, one).parameter))];
  const found = await readByName(names, connection, io);
  const missing = names.find((name) => !found.has(name));
  if (missing === undefined) return found;
  throw finding(`${shortName(missing, connection.context.prefix)} does not exist. To add a mapping, use mappings set.`);
}

const MOST_ROUNDS = 3;

/** The desired parameters; `undefined` if the file was closed without a change. */
async function editUntilValid(
  draft: Draft,
  opened: StoredParameters,
  connection: Connection,
  io: IOStreams,
): Promise<ReadonlyMap<string, string> | undefined> {
  let shown = draft.read();
  let before: readonly string[] = [];
  for (let round = 1; ; round += 1) {
    await draft.edit(io);
    const text = draft.read();
    // Ignore the problems at the top: a script as the editor may change them in each round.
    const isSame = withProblems(text, before) === shown;
    if (isSame && before.length === 0) return undefined;
    if (isSame) throw usage("Nothing was written, because the file is still invalid:", ...before);
    if (/^(\s*(#.*)?\n)*\s*(#.*)?$/.test(text)) throw finding("The file is empty: nothing was written.");
    const { desired, problems } = await readDraft(draft.path, opened, connection, io);
    if (problems.length === 0) return desired;
    // A script as the editor may change the file each time, without end.
    if (round === MOST_ROUNDS) {
      throw usage(`Nothing was written, because the file is invalid after ${round} rounds:`, ...problems);
    }
    // Validate again with the problems at the top, to get the shifted line numbers.
    draft.write(withProblems(text, problems));
    before = (await readDraft(draft.path, opened, connection, io)).problems;
    shown = withProblems(text, before);
    draft.write(shown);
  }
}

/** Reads the parameters again: another operator may have changed them while the editor was open. */
async function writeEdited(
  desired: ReadonlyMap<string, string>,
  opened: StoredParameters,
  isWhole: boolean,
  connection: Connection,
  options: EditOptions,
  io: IOStreams,
): Promise<void> {
  const { prefix } = connection.context;
  const names = new Set([...opened.keys(), ...desired.keys()]);
  const now = isWhole ? await readMappings(connection, io) : await readByName([...names], connection, io);
  const others = [...opened.values()].filter(({ name, version, value }) => {
    // Compare the value too: a recreated parameter starts at version 1 again.
    return now.get(name)?.version !== version || now.get(name)?.value !== value;
  });
  const isLeftAlone = ({ name, value }: Stored) => isSameValue(value, desired.get(name) ?? "[]");
  for (const before of others) {
    const what = isLeftAlone(before) ? "You did not: their change is kept." : "The plan overwrites their change.";
    io.log(`Another operator changed ${shortName(before.name, prefix)} while you were editing. ${what}\n`);
  }
  const left = new Set(others.filter(isLeftAlone).map(({ name }) => name));
  const isOurs = (name: string) => names.has(name) && !left.has(name);
  const ours = new Map([...now].filter(([name]) => isOurs(name)));
  const wanted = new Map([...desired].filter(([name]) => isOurs(name)));
  const plan = planChanges(ours, wanted, true);
  if (options.yes && left.size < others.length) {
    throw finding("Refused: --yes does not overwrite what another operator wrote while you were editing.");
  }
  if (plan.changes.length === 0) {
    io.log("Nothing was changed.\n");
    return;
  }
  warnOfSessionTrust(plan.changes, connection, io);
  await executePlan({ plan, known: now, connection, isWhole }, options, io);
}

/** Skips parameters that a file cannot represent, and prints a line for each. Throws if the user named one. */
async function editableText(
  found: StoredParameters,
  isNamed: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<{ readonly opened: StoredParameters; readonly text: string }> {
  const { prefix, partition } = connection.context;
  const opened = new Map<string, Stored>();
  const readings = [...found.values()].flatMap((stored) => {
    const reading = readParameter(prefix, stored.name, stored, partition);
    const name = shortName(stored.name, prefix);
    const problem = reading.problems[0] ?? whyNotBack(prefix, stored, reading);
    if (problem !== undefined && isNamed) throw usage(`${name} cannot be edited: ${problem}.`);
    if (problem !== undefined) {
      io.log(`Skipped ${name}: ${problem}.\n`);
      return [];
    }
    opened.set(stored.name, stored);
    return reading;
  });
  if (opened.size === 0) throw finding(`No mappings in ${await destinationOf(connection, found, io)}.`);
  const header = `# ${await destinationOf(connection, opened, io)}
# Save and close to see the plan. Removing an entry here removes the mapping and its history.
# Lines that begin with # are ignored. Without a change, nothing is written.
`;
  return { opened, text: `${header}${writeLists(readings.flatMap(({ entries }) => entries))}` };
}

/** For example, only deny and allow can keep a denial in the list of another account than its ARN's. */
function whyNotBack(prefix: string, { name, value }: Stored, { entries }: Reading): string | undefined {
  const asInFile = entries.map((entry) =>
    entry.kind === "deny" ? { ...entry, account: accountOf(entry.mapping.arnLike ?? "") } : entry,
  );
  const { values } = placeEntries(prefix, asInFile);
  // An empty list is not in the file, and entries can be added to it.
  if (isSameValue(value, "[]")) return undefined;
  const isBack = values.size === 1 && isSameValue(value, values.get(name) ?? "");
  return isBack ? undefined : "a file would move some entries to another parameter. Use mappings set, deny and allow";
}

/** Returns the parameters, which are incomplete if there are problems, and a line for each problem. */
async function readDraft(path: string, opened: StoredParameters, connection: Connection, io: IOStreams) {
  const { prefix, partition } = connection.context;
  try {
    const { entries, problems } = await examineMappingFiles([path], io);
    checkAccounts(connection.account, entries);
    const { values, problems: misplaced } = placeEntries(prefix, entries);
    const added = [...values.keys()].filter((name) => !opened.has(name));
    const lines = [
      ...problems.map(({ where, problem }) => `${where}: ${problem}`),
      ...entries.flatMap((entry) => foreignProblem(entry, partition) ?? []),
      ...misplaced.map(({ name, problem }) => `${shortName(name, prefix)}: ${problem}`),
      // Writing such a parameter would remove its other patterns or denials.
      ...[...(await readByName(added, connection, io)).keys()].map((parameter) => {
        const name = shortName(parameter, prefix);
        return `${name} already exists, but was not opened in this file: use mappings edit ${name}`;
      }),
    ];
    return { desired: values, problems: lines.map((line) => withoutFile(line, path)) };
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.usage) throw error;
    return { desired: new Map(), problems: error.lines.map((line) => withoutFile(line, path)) };
  }
}

/** Removes the path from a message: the user has the file open. */
function withoutFile(line: string, path: string): string {
  return line.replaceAll(`${path}, `, "").replace(`${path} must`, "the file must").replace(`${path}: `, "");
}

const ERROR = "# error: ";

function withProblems(text: string, problems: readonly string[]): string {
  const rest = text.replace(new RegExp(`^(?:${ERROR}.*\\n)*`), "");
  return `${problems.map((problem) => `${ERROR}${problem}\n`).join("")}${rest}`;
}
