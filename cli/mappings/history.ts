// `mappings history`: the earlier versions of a mapping, and who wrote them.

import type { Command } from "commander";
import { isObject } from "../../functions/lib/json.ts";
import { connect } from "../aws/connection.ts";
import type { Version } from "../aws/parameter.ts";
import { readHistory } from "../aws/read.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addAccount, addConnection, addOutput, type ConnectionOptions, type OutputOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import { normal } from "./file/read-parameter.ts";
import { findTarget, TARGET_HELP } from "./target.ts";

export function historyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: `Parameter Store keeps 100 versions, until the parameter is removed.\n\n${TARGET_HELP}`,
    examples: ["iam-authenticator mappings history -c prod arn:aws:iam::111122223333:role/Developers"],
  }).argument("<who>");
  return addOutput(addAccount(addConnection(command))).action(
    (who: string, options: ConnectionOptions & OutputOptions) => history(who, options, io),
  );
}

async function history(who: string, options: ConnectionOptions & OutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { ssm } = connection;
  const { parameter } = findTarget(connection, who);
  const versions = await readHistory(ssm, parameter, io.interrupted);
  if (versions.length === 0) throw finding(`${shortName(parameter, connection.context.prefix)} does not exist.`);
  const items = versions.map(({ version, modified, by, value }) => ({
    version,
    when: new Date(modified).toISOString(),
    by,
    value: normal(value),
  }));
  const headers = ["version", "when", "by", "value"];
  const row = (item: (typeof items)[number]) => [
    String(item.version),
    `${item.when.slice(0, 19)}Z`,
    shortArn(item.by),
    inWords(item.value),
  ];
  await printList({ items, headers, row, endsInText: true }, options.output, io);
}

/** The end of an ARN is enough to know somebody by; the account is mostly the same. */
function shortArn(arn: string): string {
  return arn.split(":").slice(5).join(":") || arn;
}

function inWords(value: unknown): string {
  if (!isObject(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const { arn: _, ...rest } = value;
  return Object.entries(rest)
    .map(([key, item]) => `${key}: ${Array.isArray(item) ? item.join(",") : String(item)}`)
    .join("; ");
}

/** The version to go back to: the named one, or the one before the newest. */
export function versionBefore(versions: readonly Version[], to: number | undefined): Version | undefined {
  return to === undefined ? versions[1] : versions.find(({ version }) => version === to);
}
