// `mappings get`: prints one stored mapping.

import type { Command } from "commander";
import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import { connect } from "../aws/connection.ts";
import { readSome } from "../aws/read.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addAccount, addConnection, addOutput, type ConnectionOptions, type OutputOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { hasKey } from "./file/list-value.ts";
import { normal, readParameter } from "./file/read-parameter.ts";
import { findTarget, TARGET_HELP, type Target } from "./target.ts";

type GetOptions = ConnectionOptions & OutputOptions & { readonly session?: string };

export function getCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: `\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings get -c prod arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator mappings get -c prod sso/111122223333/ClusterAdmin -o json",
    ],
  }).argument("<who>");
  return addOutput(addAccount(addConnection(command)))
    .option("--session <name>", "only the mapping of this session of the permission set")
    .action((who: string, options: GetOptions) => get(who, options, io));
}

async function get(who: string, options: GetOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { prefix, partition } = connection.context;
  const target = findTarget(connection, who, options.session);
  const ofSet = permissionSetParameter(prefix, target);
  const names = [target.parameter, ...(ofSet === undefined ? [] : [ofSet])];
  const found = await readSome(connection.ssm, names, io.interrupted);
  const stored = names.flatMap((name) => found.get(name) ?? [])[0];
  if (stored === undefined)
    throw finding(
      `${names.map((name) => shortName(name, prefix)).join(" and ")} ${names.length > 1 ? "do" : "does"} not exist.`,
    );
  if (stored.name === ofSet) {
    io.tell(`${shortName(target.parameter, prefix)} does not exist. The mapping of its permission set applies:\n`);
  }
  const value = normal(stored.value);
  const { session } = target.key;
  const entry =
    session !== undefined && Array.isArray(value) ? value.filter((item) => hasKey(item, { session })) : undefined;
  if (entry?.length === 0) throw finding(`${shortName(stored.name, prefix)} has no session ${session}.`);
  const { problems } = readParameter(prefix, stored.name, stored, partition);
  const data = {
    parameter: stored.name,
    version: stored.version,
    modified: new Date(stored.modified).toISOString(),
    value: entry ?? value,
    ...(problems.length > 0 && { problems }),
  };
  // A single mapping is easier to read as YAML than as a table.
  await printData(data, options.output === "json" ? "json" : "yaml", io);
}

/** For the role of a permission set, the parameter of the set; else `undefined`. */
function permissionSetParameter(prefix: string, { address, key }: Target): string | undefined {
  const { kind, account, name } = address;
  const role = key.arn?.slice(key.arn.lastIndexOf("/") + 1) ?? name.replace(/^awsreservedsso_/i, "AWSReservedSSO_");
  const set = kind === "role" ? permissionSetOf(role) : undefined;
  return set === undefined ? undefined : mappingParameter(prefix, "sso", account, set);
}
