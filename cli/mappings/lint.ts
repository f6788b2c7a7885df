// `mappings lint`: finds invalid, risky and useless mappings in Parameter Store or in a file.

import { type Command, Option } from "commander";
import { callersParameter } from "../../functions/authenticator/caller/bearer.ts";
import { partitionOfRegion } from "../../functions/aws/partitions.ts";
import { inEachCluster, type OneOf, throwWorst } from "../aws/clusters.ts";
import { connect } from "../aws/connection.ts";
import { clusterTasks, executePlans } from "../changes/execute-plans.ts";
import { planChanges } from "../changes/plan.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { finding, usage } from "../errors.ts";
import { functionSettings, shortName, signedTokensIn } from "../function-settings.ts";
import {
  addConnections,
  addHeaders,
  addOutput,
  addReading,
  addWrite,
  type ClustersOptions,
  collect,
  type HeaderOptions,
  isSeveral,
  type OutputOptions,
  type WriteOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import type { Entry } from "./file/entry.ts";
import { examineMappingFiles } from "./file/file.ts";
import { placeEntries } from "./file/to-parameters.ts";
import { type Finding, LEVELS, type Level } from "./lint/finding.ts";
import { callerFindings, fixesFor } from "./lint/fix.ts";
import { gravestFirst, lint } from "./lint/lint.ts";

interface LintOptions extends ClustersOptions, OutputOptions, HeaderOptions, WriteOptions {
  readonly file?: readonly string[];
  readonly fix?: true;
  readonly fail: Level;
}

export function lintCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "With --file, it reads only files and does not call AWS, for example in a pull request. The exit code is 1 if a " +
      "finding has the level of --fail or above.\n\nWith --fix, it rewrites stored values that this release rejects and " +
      "earlier releases accepted. The new values have the meaning that earlier releases gave them. Run it before you " +
      "upgrade the function. If you deploy without a check before traffic, run lint first.",
    examples: [
      "iam-authenticator mappings lint --cluster prod",
      "iam-authenticator mappings lint -f mappings.yaml --fail error",
      "iam-authenticator mappings lint -c prod --fix --dry-run",
    ],
  });
  return addWrite(addHeaders(addOutput(addReading(addConnections(command, { clusterIsOptional: true })))))
    .option("--fix", "rewrite stored values that only earlier releases accept")
    .option("-f, --file <path>", "check a mapping file instead (may be repeated)", collect)
    .addOption(new Option("--fail <level>", "lowest level for exit code 1").choices(LEVELS).default("warning"))
    .action((options: LintOptions) => lintMappings(options, io));
}

async function lintMappings(options: LintOptions, io: IOStreams): Promise<void> {
  const { file, clusters, fail } = options;
  if (file === undefined && clusters.length === 0) throw usage("Use --cluster or --file.");
  if (options.fix && file !== undefined) throw usage("--fix changes stored values: omit --file.");
  const writing = ["dryRun", "yes", "force", "allowWeakening"] as const;
  if (!options.fix && writing.some((name) => options[name] !== undefined)) {
    throw usage("--dry-run, --yes, --force and --allow-weakening require --fix.");
  }
  if (options.fix) return fixStored(options, io);
  const { results, failures } =
    file === undefined
      ? await inEachCluster(options, io, lintStored)
      : { results: [{ cluster: "", value: await lintFiles(file, options, io) }], failures: [] };
  const isNamed = file === undefined && isSeveral(options);
  const items = results.flatMap(({ cluster, value }) =>
    value.map((one): ClusterFinding => (isNamed ? { cluster, ...one } : one)),
  );
  const headers = [...(isNamed ? ["cluster"] : []), "level", "rule", "where", "message"];
  const row = ({ cluster, level, rule, where, message }: ClusterFinding) => [
    ...(cluster === undefined ? [] : [cluster]),
    ...[level, rule, where, message],
  ];
  await printList({ items, headers, row, endsInText: true }, options, io);
  const count = (level: Level) => items.filter((item) => item.level === level).length;
  const failing = LEVELS.slice(0, LEVELS.indexOf(fail) + 1);
  const counts = [
    counted(count("error"), "error"),
    counted(count("warning"), "warning"),
    counted(count("info"), "note"),
  ];
  const found = failing.some((level) => count(level) > 0) ? [`${counts.join(", ")}.`] : [];
  throwWorst(failures, ...found);
  if (found.length > 0) throw finding(...found);
}

interface ClusterFinding extends Finding {
  /** With several clusters. */
  readonly cluster?: string;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

async function lintStored(options: OneOf<LintOptions>, io: IOStreams): Promise<Finding[]> {
  const connection = await connect(options, io);
  const stored = await readMappings(connection, io, { callers: true });
  const callers = callerFindings(stored, connection.context);
  stored.delete(callersParameter(connection.context.prefix));
  const findings = gravestFirst([...callers, ...(await lint(stored, connection.context))]);
  // The mappings of one account do not show all administrators.
  return options.account === undefined ? findings : findings.filter(({ rule }) => rule !== "no-masters");
}

async function fixStored(options: LintOptions, io: IOStreams): Promise<void> {
  let notFixed = 0;
  const tasks = await clusterTasks(options, io, async (connection, _, own) => {
    const known = await readMappings(connection, own, { callers: true });
    const { fixes, left } = fixesFor(known, connection.context);
    for (const { where, message } of left) own.tell(`${where} ${message}.\n`);
    for (const note of fixes.flatMap(({ notes }) => notes)) own.tell(`${note}\n`);
    if (fixes.length === 0 && left.length === 0) own.tell("Nothing to fix.\n");
    notFixed += left.length;
    if (fixes.length === 0) return undefined;
    const fixed = new Map(fixes.map(({ name, value }) => [name, value]));
    const before = new Map([...known].filter(([name]) => fixed.has(name)));
    return { plan: planChanges(before, fixed, false), known, connection };
  });
  await executePlans(tasks, options, io);
  if (notFixed > 0) throw finding(`${notFixed} not fixed.`);
}

async function lintFiles(file: readonly string[], { region }: LintOptions, io: IOStreams): Promise<Finding[]> {
  const { entries, denials, problems, placeOf } = await examineMappingFiles(file, io);
  const settings = functionSettings({ cluster: "file" }, region ?? ANY_REGION, io);
  const { reservedPrefixes } = settings;
  const partition = partitionOf(region, entries);
  const context = { prefix: "/file", partition, now: io.clock(), reservedPrefixes, ...signedTokensIn(settings) };
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

/** The settings used here do not depend on the region. */
const ANY_REGION = "us-east-1";

/** Without a region, the partition of the first ARN: a file with several partitions is always wrong. */
function partitionOf(region: string | undefined, entries: readonly Entry[]): string {
  if (region !== undefined) return partitionOfRegion(region)?.id ?? "aws";
  return entries.flatMap(({ mapping }) => mapping.arn?.split(":")[1] ?? [])[0] ?? "aws";
}
