// `mappings lint`: finds invalid, risky and useless mappings in Parameter Store or in a file.

import { type Command, Option } from "commander";
import { callersParameter } from "../../functions/authenticator/caller/bearer.ts";
import { checkDenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { formerProblemsIn, type NamedParameter, problemsIn } from "../../functions/authenticator/stored-problems.ts";
import { partitionOfRegion } from "../../functions/aws/partitions.ts";
import { parseJson } from "../../functions/lib/json.ts";
import { inEachCluster, type OneOf, throwWorst } from "../aws/clusters.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { clusterTasks, executePlans } from "../changes/execute-plans.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { finding, usage } from "../errors.ts";
import { type EvaluationContext, functionSettings, shortName, signedTokensIn } from "../function-settings.ts";
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
import { placeEntries, valueText } from "./file/to-parameters.ts";
import { type Finding, LEVELS, type Level } from "./lint/finding.ts";
import { bySeverity, lint } from "./lint/lint.ts";
import { mayLookUpNodes, NO_NODES } from "./node-lookups.ts";
import { planFor } from "./target.ts";

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
  const items = results.flatMap(({ cluster, value }) => value.map((one) => (isNamed ? { cluster, ...one } : one)));
  const headers = [...(isNamed ? ["cluster"] : []), "level", "rule", "where", "message"];
  const row = ({ cluster, level, rule, where, message }: Finding & { readonly cluster?: string }) => {
    return [...(cluster === undefined ? [] : [cluster]), level, rule, where, message];
  };
  await printList({ items, headers, row, endsInText: true }, options, io);
  const counts = LEVELS.map((level) => items.filter((item) => item.level === level).length);
  const isFailing = counts.slice(0, LEVELS.indexOf(fail) + 1).some((count) => count > 0);
  const words = counts.map((count, index) => `${count} ${NOUNS[index]}${count === 1 ? "" : "s"}`);
  const summary = isFailing ? [`${words.join(", ")}.`] : [];
  throwWorst(failures, ...summary);
  if (isFailing) throw finding(...summary);
}

/** For `LEVELS`. */
const NOUNS = ["error", "warning", "note"];

async function lintStored(options: OneOf<LintOptions>, io: IOStreams): Promise<Finding[]> {
  const connection = await connect(options, io);
  const stored = await readMappings(connection, io, { callers: true });
  const callers = callerFindings(stored, connection.context);
  stored.delete(callersParameter(connection.context.prefix));
  const nodes = await nodeFindings(stored, connection, io);
  const findings = bySeverity([...callers, ...nodes, ...(await lint(stored, connection.context))]);
  // The mappings of one account do not show all administrators.
  return options.account === undefined ? findings : findings.filter(({ rule }) => rule !== "no-masters");
}

/** Mappings of nodes, if the function is known not to look up nodes. */
async function nodeFindings(
  parameters: ReadonlyMap<string, Stored>,
  connection: Connection,
  io: IOStreams,
): Promise<Finding[]> {
  const { prefix } = connection.context;
  const ofNodes = [...parameters].filter(([, { value }]) => value.includes("{EC2PrivateDNSName}"));
  if (ofNodes.length === 0 || (await mayLookUpNodes(connection, io))) return [];
  return ofNodes.map(([name]) => ({
    level: "warning",
    rule: "no-nodes",
    where: shortName(name, prefix),
    message: `{EC2PrivateDNSName}: ${NO_NODES}`,
  }));
}

async function fixStored(options: LintOptions, io: IOStreams): Promise<void> {
  let notFixed = 0;
  const tasks = await clusterTasks(options, io, async (connection, _, own) => {
    const known = await readMappings(connection, own, { callers: true });
    const found = [...known].flatMap(([name, stored]) => fixFor(name, stored, connection.context) ?? []);
    const left = found.filter((one) => typeof one === "string");
    const fixes = found.filter((one) => typeof one !== "string");
    for (const line of [...left, ...fixes.flatMap(({ notes }) => notes)]) own.tell(`${line}\n`);
    if (found.length === 0) own.tell("Nothing to fix.\n");
    notFixed += left.length;
    if (fixes.length === 0) return undefined;
    return { plan: planFor(known, new Map(fixes.map(({ name, value }) => [name, value]))), known, connection };
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
  return bySeverity([
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

interface Fix {
  /** The parameter's full name. */
  readonly name: string;
  readonly value: string;
  /** Sentences for the user, one for each entry that changes. */
  readonly notes: readonly string[];
}

/** Invalid entries of the callers' list, which the function skips. */
function callerFindings(parameters: ReadonlyMap<string, Stored>, { prefix }: EvaluationContext): Finding[] {
  const stored = parameters.get(callersParameter(prefix));
  const problems = (stored && problemsIn({ kind: "callers", account: "", ...stored }, undefined)) ?? [];
  const messages =
    typeof problems === "string"
      ? [problems]
      : problems.flatMap((problem, index) => (problem === undefined ? [] : `entry ${index + 1}: ${problem}`));
  return messages.map((message) => ({ level: "error", rule: "invalid", where: "callers", message }));
}

/** Returns a sentence if another invalid entry prevents it, and `undefined` if earlier releases rejected as much. */
function fixFor(name: string, stored: Stored, { prefix, partition }: EvaluationContext): Fix | string | undefined {
  const address = name === callersParameter(prefix) ? { kind: "callers", account: "" } : readName(prefix, name);
  if (address === undefined) return undefined;
  const { kind, account } = address;
  const parameter: NamedParameter = { kind, account, ...stored };
  const [before, now] = [formerProblemsIn(parameter), problemsIn(parameter, partition)];
  if (!Array.isArray(before) || !Array.isArray(now)) return undefined;
  const isStricter = (index: number) => before[index] === undefined && now[index] !== undefined;
  if (!now.some((_, index) => isStricter(index))) return undefined;
  const where = shortName(name, prefix);
  const other = now.findIndex((problem, index) => problem !== undefined && !isStricter(index));
  if (other >= 0) {
    return `${where} cannot be fixed while entry ${other + 1} is invalid: ${now[other]}. Fix or remove that entry first.`;
  }
  const value = parseJson(stored.value);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const isKept = (item: unknown) => kind !== "deny" || checkDenyEntry(item, { account, partition }).valid;
  const notes = items.flatMap((item, index) => {
    if (!isStricter(index)) return [];
    const entry = Array.isArray(value) ? `entry ${index + 1}` : "the mapping";
    const did = isKept(item) ? "keeps the last value of each repeated key" : "is removed: it never denied an identity";
    return `${where}: ${entry} ${did} (${now[index]}).`;
  });
  return { name, value: valueText(where, Array.isArray(value) ? items.filter(isKept) : value), notes };
}
