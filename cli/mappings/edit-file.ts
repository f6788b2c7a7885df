// Writes the file that `mappings edit` opens, and validates it after editing.

import { isDeepStrictEqual } from "node:util";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { destinationOf } from "../changes/destination.ts";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { accountOf } from "./file/entry.ts";
import { examineMappingFiles, writeLists } from "./file/file.ts";
import { foreignProblem, normal, readParameter } from "./file/read-parameter.ts";
import { placeEntries } from "./file/to-parameters.ts";
import { checkAccounts, readByName } from "./target.ts";

type StoredParameters = ReadonlyMap<string, Stored>;

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
  /** Incomplete if there are problems. */
  readonly desired: ReadonlyMap<string, string>;
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
    checkAccounts(connection.account, [...entries, ...denials]);
    const { values, problems: misplaced } = placeEntries(prefix, entries, denials, placeOf);
    const added = [...values.keys()].filter((name) => !opened.has(name));
    const lines = [
      ...problems.map(({ where, problem }) => `${where}: ${problem}`),
      ...denials.flatMap((denial) => foreignProblem(denial, partition) ?? []),
      ...misplaced.map(({ name, problem }) => `${shortName(name, prefix)}: ${problem}`),
      // Writing such a parameter would remove its other patterns or denials.
      ...[...(await readByName(added, connection, io)).keys()].map((parameter) => {
        const name = shortName(parameter, prefix);
        return `${name} already exists, but was not opened in this file: use mappings edit ${name}`;
      }),
    ];
    return { desired: values, problems: lines.map((line) => withoutPath(line, path)) };
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.usage) throw error;
    return { desired: new Map(), problems: error.lines.map((line) => withoutPath(line, path)) };
  }
}

/** Removes the path from a message: the user has the file open. */
function withoutPath(line: string, path: string): string {
  return line.replaceAll(`${path}, `, "").replace(`${path} must`, "the file must").replace(`${path}: `, "");
}

const ERROR = "# error: ";

export function withProblems(text: string, problems: readonly string[]): string {
  const rest = text.replace(new RegExp(`^(?:${ERROR}.*\\n)*`), "");
  return `${problems.map((problem) => `${ERROR}${problem}\n`).join("")}${rest}`;
}
