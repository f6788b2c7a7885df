// `mappings lint`: finds invalid, risky and useless mappings in Parameter Store or in a file.

import { signedTokensIn } from "../../../functions/authenticator/jwt-settings.ts";
import { readStored } from "../../../functions/authenticator/read-stored.ts";
import { partitionOfRegion } from "../../../functions/aws/partitions.ts";
import { callersParameter, shortName } from "../../../functions/parameters/names.ts";
import { connect, logAssumptions, signedAccountsIn } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst } from "../../cmdline/clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { finding, usage } from "../../io/errors.ts";
import { type HeaderOptions, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import type { Entry } from "../../model/entry.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import { NO_NODES, settingsFrom, shellOf } from "../../model/function-settings.ts";
import { type Finding, LEVELS } from "../../model/lint/finding.ts";
import { bySeverity, lint } from "../../model/lint/lint.ts";
import { examineMappingFiles, placeEntries } from "../../model/mapping-file.ts";
import type { VersionedParameters } from "../../model/stored.ts";
import { readWithFunctions, requireParameters } from "../../plan/read.ts";

interface LintOptions extends StoreOptions, OutputOptions, HeaderOptions {
  readonly region?: string;
  readonly file?: readonly string[];
}

export async function lintMappings(
  clusters: Clusters,
  options: LintOptions,
  run: Run,
): Promise<void> {
  const { file } = options;
  const { chosen, isSeveral } = clusters;
  if (file === undefined && chosen.length === 0) throw usage("Use --cluster or --file.");
  const [only] = chosen.length === 1 ? chosen : [];
  const region = only === undefined ? options.region : only.region;
  const { results, failures } =
    file === undefined
      ? await inEachCluster(clusters, run, (cluster, ownRun) =>
          lintStored(cluster, options, ownRun),
        )
      : { results: [{ cluster: "", value: await lintFiles(file, region, run) }], failures: [] };
  const isNamed = file === undefined && isSeveral;
  const items = results.flatMap(({ cluster, value }) =>
    value.map((finding) => (isNamed ? { cluster, ...finding } : finding)),
  );
  const headers = [...(isNamed ? ["cluster"] : []), "level", "rule", "where", "message"];
  const row = ({
    cluster,
    level,
    rule,
    where,
    message,
  }: Finding & { readonly cluster?: string }) => {
    return [...(cluster === undefined ? [] : [cluster]), level, rule, where, message];
  };
  const isShort = options.output === "table";
  await printList(
    { items: isShort ? oneLineForEachRule(items) : items, headers, row, endsInText: true },
    options,
    run,
  );
  const counts = LEVELS.map((level) => items.filter((item) => item.level === level).length);
  const isFailing = items.some(({ level }) => level === "error");
  const words = counts.map((count, index) => `${count} ${NOUNS[index]}${count === 1 ? "" : "s"}`);
  const summary = isFailing ? [`${words.join(", ")}.`] : [];
  throwWorst(failures, ...summary);
  if (isFailing) throw finding(...summary);
}

/** The number of findings of a rule that have a line each. */
const MOST_LINES = 3;

/** Replaces the findings of a rule by one with their number, if they are many and no errors. */
function oneLineForEachRule<F extends Finding & { readonly cluster?: string }>(
  items: readonly F[],
): F[] {
  const rules = Map.groupBy(items, ({ cluster, level, rule }) => `${cluster} ${level} ${rule}`);
  return [...rules.values()].flatMap((same) => {
    const [first] = same;
    // Each error is to be fixed.
    if (first === undefined || first.level === "error" || same.length <= MOST_LINES) return same;
    const message = `${same.length} findings, the first: ${first.message}. For all: -o json`;
    return [{ ...first, message }];
  });
}

/** The nouns for `LEVELS`. */
const NOUNS = ["error", "warning", "note"];

async function lintStored(
  cluster: ChosenCluster,
  options: LintOptions,
  run: Run,
): Promise<Finding[]> {
  const connected = await connect(cluster, options, run);
  const { mappings: stored, connection } = await readWithFunctions(connected, run, {
    callers: true,
  });
  await requireParameters(stored, connection, run);
  const callers = callerFindings(stored, connection.review);
  stored.delete(callersParameter(connection.review.prefix));
  const { nodeLookup } = connection.functions.own;
  logAssumptions(connection, run);
  const nodes = nodeLookup ? [] : nodeFindings(stored, connection.review);
  const findings = bySeverity([...callers, ...nodes, ...lint(stored, connection.review)]);
  // The mappings of one account do not show all administrators.
  return options.account === undefined
    ? findings
    : findings.filter(({ rule }) => rule !== "no-masters");
}

/** Returns findings for mappings of nodes, which the function does not look up. */
function nodeFindings(parameters: VersionedParameters, { prefix }: ReviewSettings) {
  const ofNodes = [...parameters].filter(([, { value }]) => value.includes("{EC2PrivateDNSName}"));
  const wheres = ofNodes.map(([name]) => shortName(name, prefix));
  const message = `{EC2PrivateDNSName}: ${NO_NODES}`;
  return wheres.map((where): Finding => ({ level: "warning", rule: "no-nodes", where, message }));
}

async function lintFiles(
  file: readonly string[],
  region: string | undefined,
  run: Run,
): Promise<Finding[]> {
  const { entries, problems } = await examineMappingFiles(file, run);
  const shell = shellOf({ CLUSTER_ID: "file", AWS_REGION: region ?? ANY_REGION }, run.environment);
  const settings = settingsFrom(shell.variables, shell);
  const { reservedPrefixes, accounts } = settings;
  const rules = {
    reservedPrefixes,
    accounts,
    signedTokens: signedTokensIn(settings),
    signedAccounts: signedAccountsIn(settings),
  };
  const partition = partitionOf(region, entries);
  const review = { prefix: "/file", partition, now: run.clock(), ...rules };
  const { values, problems: misplaced } = placeEntries(review.prefix, entries);
  const parameters = new Map([...values].map(([name, value]) => [name, { value, secure: false }]));
  return bySeverity([
    ...problems.map(
      ({ where, problem }): Finding => ({
        level: "error",
        rule: "invalid",
        where,
        message: problem,
      }),
    ),
    ...misplaced.map(({ name, rule, problem }): Finding => {
      return { level: "error", rule, where: shortName(name, review.prefix), message: problem };
    }),
    ...lint(parameters, review),
  ]);
}

/** The region in ARNs without one. The settings used here do not depend on it. */
const ANY_REGION = "us-east-1";

/**
 * Returns the region's partition, or without a region that of the first ARN: a file with several
 * partitions is always wrong.
 */
function partitionOf(region: string | undefined, entries: readonly Entry[]): string {
  if (region !== undefined) return partitionOfRegion(region)?.id ?? "aws";
  return entries.flatMap(({ mapping }) => mapping.arn?.split(":")[1] ?? [])[0] ?? "aws";
}

/** Returns findings for invalid entries of the callers' list, which the function skips. */
function callerFindings(parameters: VersionedParameters, { prefix }: ReviewSettings): Finding[] {
  const stored = parameters.get(callersParameter(prefix));
  const { problems = [] } = stored === undefined ? {} : readStored("callers", {}, stored);
  return problems.map((message) => ({
    level: "error",
    rule: "invalid",
    where: "callers",
    message,
  }));
}
