// `mappings export`: prints all mappings as a mapping file or as the aws-auth ConfigMap.

import { type Command, Option } from "commander";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { readMappings } from "../changes/read-mappings.ts";
import { describe } from "../command.ts";
import { finding, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { CONNECTION, type ConnectionOptions, collect, READING, withOptions } from "../options.ts";
import { clusterWords } from "../program-name.ts";
import { readParameter } from "../store/read-parameter.ts";
import { readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, shellWord } from "../terminal/print.ts";
import { parseYaml } from "../terminal/yaml.ts";
import { writeMappingFile } from "./file/file.ts";
import { exportAwsAuth, type KnownRole, readRoles } from "./formats/aws-auth.ts";

interface ExportOptions extends ConnectionOptions {
  readonly format: "mappings" | "aws-auth";
  readonly output: "yaml" | "json";
  readonly rolesFrom?: readonly string[];
}

export function exportCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Skips mappings that the ConfigMap cannot express, with a line on standard error and exit code 1. With " +
      "--roles-from, it replaces a permission set with its roles.",
    examples: [
      "iam-authenticator mappings export -c prod > mappings.yaml",
      "aws iam list-roles --path-prefix /aws-reserved/ > roles.json",
      "iam-authenticator mappings export -c prod --format aws-auth --roles-from roles.json",
    ],
  });
  return withOptions(command, CONNECTION, READING)
    .addOption(new Option("--format <name>").choices(["mappings", "aws-auth"]).default("mappings"))
    .addOption(new Option("-o, --output <format>").choices(["yaml", "json"]).default("yaml"))
    .option("--roles-from <file>", "output of aws iam list-roles, for permission sets (may be repeated)", collect)
    .action((options: ExportOptions) => exportAll(options, io));
}

async function exportAll(options: ExportOptions, io: IOStreams): Promise<void> {
  if (options.rolesFrom !== undefined && options.format !== "aws-auth") {
    throw usage("--roles-from requires --format aws-auth.");
  }
  const connection = await connect(options, io);
  const { prefix } = connection.context;
  const parameters = await readMappings(connection, io);
  await requireParameters(parameters, connection, io);
  const readings = [...parameters.values()].map((stored) => ({
    name: shortName(stored.name, prefix),
    ...readParameter(prefix, stored.name, stored),
  }));
  const entries = readings.flatMap((reading) => reading.entries);
  const invalid = readings.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
  const { text, exported, problems } =
    options.format === "aws-auth"
      ? await awsAuth(parameters, connection, options, io)
      : { text: writeMappingFile(entries), exported: entries.length, problems: [] };
  if (options.output === "yaml") io.print(text);
  // Mapping files may be JSON too.
  else await printData(parseYaml(text, "the export").value, "json", io);
  const left = [...invalid, ...problems];
  for (const line of left) io.log(`Skipped ${line}.\n`);
  if (left.length > 0) throw finding(`${exported} exported, ${left.length} skipped.`, ...causesOf(left, options));
}

/** Sentences: the most frequent causes of several, and what to do about the denial that causes most. */
function causesOf(skipped: readonly string[], options: ExportOptions): string[] {
  const causes = [...Map.groupBy(skipped, (line) => line.slice(line.indexOf(": ") + 2))]
    .map(([cause, { length }]) => ({ cause, length }))
    .filter(({ length }) => length > 1)
    .toSorted((one, other) => other.length - one.length);
  const [denial] = causes.flatMap(({ cause }) => / that (arn:\S+) denies$/.exec(cause)?.[1] ?? []);
  const again = `iam-authenticator mappings allow ${[...clusterWords(options), shellWord(denial ?? "")].join(" ")}`;
  return [
    ...causes.slice(0, MOST_CAUSES).map(({ cause, length }) => `${length} skipped: ${cause}.`),
    ...(denial === undefined
      ? []
      : [`aws-auth cannot deny ${denial}. End its access in AWS, then remove the denial and export again: ${again}`]),
  ];
}

const MOST_CAUSES = 5;

async function awsAuth(
  parameters: ReadonlyMap<string, Stored>,
  { ssm, context, account }: Connection,
  { rolesFrom = [] }: ExportOptions,
  io: IOStreams,
) {
  const { prefix } = context;
  // `readMappings` skips these with --account, but they deny identities of the account too.
  const ofAny = [denyParameter(prefix, "any"), mappingParameter(prefix, "pattern", "any")];
  const others = account === undefined ? new Map<string, Stored>() : await readSome(ssm, ofAny, io.interrupted);
  const roles: KnownRole[] = [];
  for (const file of rolesFrom) roles.push(...readRoles(await readText(file, io), file));
  const { configMap, ...rest } = exportAwsAuth({ parameters: new Map([...parameters, ...others]), roles, context });
  return { text: configMap, ...rest };
}
