// `mappings export`: all mappings as a file, of ours or as the aws-auth ConfigMap.

import { type Command, Option } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import { exportAwsAuth } from "../../formats/aws-auth.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { writeMappingFile } from "../../mapping-file/file.ts";
import { shortName } from "../../mapping-file/parameter-name.ts";
import { readParameter } from "../../mapping-file/read-parameter.ts";
import { addConnection, addReading, type ConnectionOptions } from "../../options.ts";
import { readMappings } from "../../plan/read-current.ts";

interface ExportOptions extends ConnectionOptions {
  readonly format: "mappings" | "aws-auth";
}

export function exportCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "export",
    summary: "print all mappings and denials as a mapping file, or the aws-auth ConfigMap",
    details: "What the ConfigMap cannot express is left out, with a line on standard error and exit code 1.",
    examples: [
      "iam-authenticator mappings export -c prod > mappings.yaml",
      "iam-authenticator mappings export -c prod --format aws-auth | kubectl apply -f -",
    ],
  });
  return addReading(addConnection(command))
    .addOption(new Option("--format <name>").choices(["mappings", "aws-auth"]).default("mappings"))
    .action((options: ExportOptions) => exportAll(options, io));
}

async function exportAll(options: ExportOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { prefix } = connection.context;
  const readings = [...(await readMappings(connection, io)).values()].map((stored) => ({
    name: shortName(stored.name, prefix),
    ...readParameter(prefix, stored.name, stored),
  }));
  const entries = readings.flatMap((reading) => reading.entries);
  const denials = readings.flatMap((reading) => reading.denials);
  const invalid = readings.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
  const { configMap, problems } =
    options.format === "aws-auth"
      ? exportAwsAuth(entries)
      : { configMap: writeMappingFile(entries, denials), problems: [] };
  io.print(configMap);
  const left = [
    ...invalid,
    ...problems,
    ...(options.format === "aws-auth" ? denials.map(({ entry }) => `${entry.arnLike}: aws-auth has no denials`) : []),
  ];
  for (const line of left) io.tell(`Left out, ${line}.\n`);
  if (left.length > 0) throw finding(`${entries.length - problems.length} exported, ${left.length} left out.`);
}
