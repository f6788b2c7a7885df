// `mappings lint`: what is wrong, risky or useless, in Parameter Store or in a file before it is applied.

import { type Command, Option } from "commander";
import { partitionOfRegion } from "../../../functions/aws/partitions.ts";
import { connect, functionSettings } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding, usage } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { printList } from "../../io/print.ts";
import { type Finding, LEVELS, type Level } from "../../lint/finding.ts";
import { gravestFirst, lint } from "../../lint/lint.ts";
import type { Entry } from "../../mapping-file/entry.ts";
import { examineMappingFiles } from "../../mapping-file/file.ts";
import { shortName } from "../../mapping-file/parameter-name.ts";
import { placeEntries } from "../../mapping-file/to-parameters.ts";
import { addConnection, addOutput, addReading, collect, type OutputOptions } from "../../options.ts";
import type { Rate } from "../../parameter-store/rates.ts";
import { readMappings } from "../../plan/read-current.ts";

interface LintOptions extends OutputOptions {
  readonly file?: readonly string[];
  readonly cluster?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  readonly account?: string;
  readonly readRate?: Rate;
  readonly fail: Level;
}

export function lintCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "lint",
    summary: "find mappings that are wrong, risky or useless",
    details:
      "With --file, it reads files alone and does not call AWS: for a pull request. The exit code is 1 if a finding has the level of --fail or above.",
    examples: [
      "iam-authenticator mappings lint --cluster prod",
      "iam-authenticator mappings lint -f mappings.yaml --fail error",
    ],
  });
  return addOutput(addReading(addConnection(command, { clusterIsOptional: true })))
    .option("-f, --file <path>", "a mapping file instead (may be repeated)", collect)
    .addOption(new Option("--fail <level>", "lowest level that gives exit code 1").choices(LEVELS).default("warning"))
    .action((options: LintOptions) => lintMappings(options, io));
}

async function lintMappings(options: LintOptions, io: IOStreams): Promise<void> {
  const { file, cluster, fail, output } = options;
  if (file === undefined && cluster === undefined) throw usage("Give --cluster or --file.");
  const items = file === undefined ? await lintStored(options, io) : await lintFiles(file, options, io);
  const headers = ["level", "rule", "where", "message"];
  const row = ({ level, rule, where, message }: Finding) => [level, rule, where, message];
  printList({ items, headers, row, endsInText: true }, output, io);
  const count = (level: Level) => items.filter((item) => item.level === level).length;
  const failing = LEVELS.slice(0, LEVELS.indexOf(fail) + 1);
  if (failing.some((level) => count(level) > 0)) {
    const counts = [
      counted(count("error"), "error"),
      counted(count("warning"), "warning"),
      counted(count("info"), "note"),
    ];
    throw finding(`${counts.join(", ")}.`);
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

async function lintStored({ cluster = "", ...options }: LintOptions, io: IOStreams): Promise<Finding[]> {
  const connection = await connect({ ...options, cluster }, io);
  const findings = await lint(await readMappings(connection, io), connection.context);
  // One account's mappings do not show who administers the cluster.
  return options.account === undefined ? findings : findings.filter(({ rule }) => rule !== "no-masters");
}

async function lintFiles(file: readonly string[], { cluster = "file", region }: LintOptions, io: IOStreams) {
  const { entries, denials, problems, placeOf } = await examineMappingFiles(file, io);
  const { reservedPrefixes } = functionSettings({ cluster }, region ?? ANY_REGION, io);
  const context = { prefix: "/file", partition: partitionOf(region, entries), now: io.clock(), reservedPrefixes };
  const { values, problems: misplaced } = placeEntries(context.prefix, entries, denials, placeOf);
  const parameters = new Map([...values].map(([name, value]) => [name, { value, secure: false }]));
  return gravestFirst([
    ...problems.map(({ where, problem }): Finding => ({ level: "error", rule: "invalid", where, message: problem })),
    ...misplaced.map(({ name, rule, problem }): Finding => {
      return { level: "error", rule, where: shortName(name, context.prefix), message: problem };
    }),
    ...(await lint(parameters, context)),
  ]);
}

/** Nothing that is read from the settings here depends on it. */
const ANY_REGION = "us-east-1";

/** Without a region, that of the first ARN: another one in the same file is wrong in any case. */
function partitionOf(region: string | undefined, entries: readonly Entry[]): string {
  if (region !== undefined) return partitionOfRegion(region)?.id ?? "aws";
  return entries.flatMap(({ mapping }) => mapping.arn?.split(":")[1] ?? [])[0] ?? "aws";
}
