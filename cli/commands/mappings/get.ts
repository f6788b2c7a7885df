// `mappings get`: one mapping as it stands.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { printData } from "../../io/print.ts";
import { normal, readParameter } from "../../mapping-file/read-parameter.ts";
import { addAccount, addConnection, addOutput, type ConnectionOptions, type OutputOptions } from "../../options.ts";
import { readSome } from "../../parameter-store/read.ts";
import { findTarget, TARGET_HELP } from "./target.ts";

export function getCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "get",
    summary: "show one mapping",
    details: `\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings get -c prod arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator mappings get -c prod sso/111122223333/ClusterAdmin -o json",
    ],
  }).argument("<who>");
  return addOutput(addAccount(addConnection(command))).action(
    (who: string, options: ConnectionOptions & OutputOptions) => get(who, options, io),
  );
}

async function get(who: string, options: ConnectionOptions & OutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { ssm, context } = connection;
  const { parameter } = findTarget(connection, who);
  const stored = (await readSome(ssm, [parameter], io.interrupted)).get(parameter);
  if (stored === undefined) throw finding(`There is no parameter ${parameter}.`);
  const { problems } = readParameter(context.prefix, parameter, stored);
  const data = {
    parameter,
    version: stored.version,
    modified: new Date(stored.modified).toISOString(),
    value: normal(stored.value),
    ...(problems.length > 0 && { problems }),
  };
  // A single mapping reads better as YAML than as a table with one row.
  printData(data, options.output === "json" ? "json" : "yaml", io);
}
