// Writes the file that `mappings edit` opens, and validates it after editing.

import { isDeepStrictEqual } from "node:util";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { destinationOf } from "../changes/destination.ts";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { accountOf, nameOfEntry } from "./file/entry.ts";
import { examineMappingFiles, writeLists } from "./file/file.ts";
import { foreignProblem, normal, readParameter } from "./file/read-parameter.ts";
import { placeEntries } from "./file/to-parameters.ts";
import { checkAccount } from "./target.ts";

type StoredParameters = ReadonlyMap<string, Stored>;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const AT_ONCE = 10;

export async function readByName(
  names: readonly string[],
  { ssm }: Connection,
  { interrupted }: IOStreams,
): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    for (const [name, stored] of await readSome(ssm, names.slice(i, i + AT_ONCE), interrupted)) found.set(name, stored);
  }
  return found;
}

/** Skips parameters that a file cannot represent, and prints a line for each. Throws if the user named one. */
export async function editableText(
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
      io.tell(`Skipped ${name}: ${problem}.\n`);
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
  const lists = writeLists(
    readings.flatMap(({ entries }) => entries),
    readings.flatMap(({ denials }) => denials),
  );
  return { opened, text: `${header}${lists}` };
}

/** For example, only deny and allow can keep a denial in the list of another account than its ARN's. */
function whyNotBack(
  prefix: string,
  { name, value }: Stored,
  { entries, denials }: ReturnType<typeof readParameter>,
): string | undefined {
  const { values } = placeEntries(
    prefix,
    entries,
    denials.map(({ entry }) => ({ entry, account: accountOf(entry.arnLike) })),
  );
  // An empty list is not in the file, and entries can be added to it.
  if (isSameValue(value, "[]")) return undefined;
  const isBack = values.size === 1 && isSameValue(value, values.get(name));
  return isBack ? undefined : "a file would move some entries to another parameter. Use mappings set, deny and allow";
}

/** Whether two values have the same meaning. */
export function isSameValue(value: string, other: string | undefined): boolean {
  return other !== undefined && isDeepStrictEqual(normal(value), normal(other));
}

interface ReadDraft {
  /** `undefined` if there are problems. */
  readonly desired?: ReadonlyMap<string, string>;
  /** One line each. */
  readonly problems: readonly string[];
}

export async function readDraft(
  path: string,
  opened: StoredParameters,
  connection: Connection,
  io: IOStreams,
): Promise<ReadDraft> {
  const { prefix, partition } = connection.context;
  try {
    const { entries, denials, problems, placeOf } = await examineMappingFiles([path], io);
    for (const entry of entries) checkAccount(connection.account, entry, nameOfEntry(entry));
    for (const denial of denials) checkAccount(connection.account, denial, `The denial of ${denial.entry.arnLike}`);
    const { values, problems: misplaced } = placeEntries(prefix, entries, denials, placeOf);
    const added = [...values.keys()].filter((name) => !opened.has(name));
    const lines = [
      ...problems.map(({ where, problem }) => `${where}: ${problem}`),
      ...denials.flatMap((denial) => foreignProblem(denial, partition) ?? []),
      ...misplaced.map(({ name, problem }) => `${shortName(name, prefix)}: ${problem}`),
      ...[...(await readByName(added, connection, io)).keys()].map(existsAlready(prefix)),
    ];
    return lines.length === 0 ? { desired: values, problems: [] } : { problems: lines.map(withoutPath(path)) };
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.usage) throw error;
    return { problems: error.lines.map(withoutPath(path)) };
  }
}

/** Writing such a parameter would remove its other patterns or denials. */
function existsAlready(prefix: string) {
  return (parameter: string) => {
    const name = shortName(parameter, prefix);
    return `${name} already exists, but was not opened in this file: use mappings edit ${name}`;
  };
}

/** Removes the path from a message: the user has the file open. */
function withoutPath(path: string) {
  return (line: string) =>
    line.replaceAll(`${path}, `, "").replace(`${path} must`, "the file must").replace(`${path}: `, "");
}

const ERROR = "# error: ";

export function withProblems(text: string, problems: readonly string[]): string {
  const rest = text.replace(new RegExp(`^(?:${ERROR}.*\\n)*`), "");
  return `${problems.map((problem) => `${ERROR}${problem}\n`).join("")}${rest}`;
}
