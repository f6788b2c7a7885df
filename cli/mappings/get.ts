// `mappings get`: prints stored mappings by name.

import type { Command } from "commander";
import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import {
  addAccount,
  addConnection,
  addListOutput,
  type ConnectionOptions,
  type ListOutputOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { hasKey, normal, readParameter } from "./file/read-parameter.ts";
import { itemsOf, printItems } from "./items.ts";
import { findTarget, TARGET_HELP, type Target } from "./target.ts";

type GetOptions = ConnectionOptions & ListOutputOptions & { readonly session?: string };

export function getCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: `With several names, it prints a list, and fails after it if one does not exist.\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings get -c prod arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator mappings get -c prod sso/111122223333/ClusterAdmin user/111122223333/alice -o wide",
    ],
  }).argument("<who...>");
  return addListOutput(addAccount(addConnection(command)), "yaml")
    .option("--session <name>", "only the mapping of this session of the permission set")
    .action((names: readonly string[], options: GetOptions) => get(names, options, io));
}

async function get(names: readonly string[], options: GetOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { prefix, partition } = connection.context;
  const targets = names.map((who) => findTarget(connection, who, options.session));
  const found: Found[] = [];
  const missing: string[] = [];
  for (const target of targets) {
    const result = await find(target, connection, io);
    if ("missing" in result) missing.push(result.missing);
    else found.push(result);
  }
  const { output } = options;
  if (output === "json" || output === "yaml") {
    const data = found.map((one) => dataOf(one, prefix, partition));
    // A single mapping is easier to read without a list.
    if (found.length > 0) await printData(names.length === 1 ? data[0] : data, output, io);
  } else {
    const items = found.flatMap(({ stored, session }) =>
      itemsOf(stored, prefix, partition).filter(
        ({ entry }) => session === undefined || entry?.mapping.session === session,
      ),
    );
    if (found.length > 0) await printItems(items, false, options, io);
  }
  if (missing.length > 0) throw finding(...missing);
}

interface Found {
  readonly stored: Stored;
  /** Set if only this entry of the list was asked for. */
  readonly session: string | undefined;
}

async function find(
  target: Target,
  { ssm, context: { prefix } }: Connection,
  io: IOStreams,
): Promise<Found | { readonly missing: string }> {
  const ofSet = permissionSetParameter(prefix, target);
  const names = [target.parameter, ...(ofSet === undefined ? [] : [ofSet])];
  const found = await readSome(ssm, names, io.interrupted);
  const stored = names.flatMap((name) => found.get(name) ?? [])[0];
  if (stored === undefined) {
    const missing = `${names.map((name) => shortName(name, prefix)).join(" and ")} ${names.length > 1 ? "do" : "does"} not exist.`;
    return { missing };
  }
  if (stored.name === ofSet) {
    io.tell(`${shortName(target.parameter, prefix)} does not exist. The mapping of its permission set applies:\n`);
  }
  const { session } = target.key;
  const value = normal(stored.value);
  const isMissing = session !== undefined && Array.isArray(value) && !value.some((item) => hasKey(item, { session }));
  return isMissing ? { missing: `${shortName(stored.name, prefix)} has no session ${session}.` } : { stored, session };
}

function dataOf({ stored, session }: Found, prefix: string, partition: string): object {
  const value = normal(stored.value);
  const isEntry = session !== undefined && Array.isArray(value);
  const { problems } = readParameter(prefix, stored.name, stored, partition);
  return {
    parameter: stored.name,
    version: stored.version,
    modified: new Date(stored.modified).toISOString(),
    value: isEntry ? value.filter((item) => hasKey(item, { session })) : value,
    ...(problems.length > 0 && { problems }),
  };
}

/** For the role of a permission set, the parameter of the set; else `undefined`. */
function permissionSetParameter(prefix: string, { address, key }: Target): string | undefined {
  const { kind, account, name } = address;
  const role = key.arn?.slice(key.arn.lastIndexOf("/") + 1) ?? name.replace(/^awsreservedsso_/i, "AWSReservedSSO_");
  const set = kind === "role" ? permissionSetOf(role) : undefined;
  return set === undefined ? undefined : mappingParameter(prefix, "sso", account, set);
}
