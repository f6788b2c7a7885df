// Options that several commands share: cluster, AWS connection, output format, and writes.

import { type Command, InvalidArgumentError, Option } from "commander";
import { parseMappedArn } from "../functions/authenticator/mapping/arn.ts";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../functions/settings/common.ts";
import { DEFAULT_RATES, type RateOptions } from "./aws/rates.ts";

export interface ConnectionOptions extends RateOptions {
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  /** Only this account's mappings are read and written. */
  readonly account?: string;
  /** The account that the context requires of the credentials. */
  readonly contextAccount?: string;
  /** The context's path of kube-apiserver's webhook kubeconfig. */
  readonly webhookKubeconfig?: string;
}

/** A cluster that the user chose, and the options that its context sets for it alone. */
export interface ChosenCluster
  extends Pick<
    ConnectionOptions,
    "cluster" | "region" | "profile" | "prefix" | "contextAccount" | "webhookKubeconfig"
  > {
  /** As the user wrote it: a context's name, or the cluster's id. */
  readonly name: string;
}

/** Of a command that accepts several clusters. */
export interface ClustersOptions extends Omit<ConnectionOptions, "cluster"> {
  /** At least one, unless the cluster is optional. */
  readonly clusters: readonly ChosenCluster[];
  readonly allContexts?: true;
}

/** Whether output and messages name the cluster. */
export function isSeveral({ clusters, allContexts }: ClustersOptions): boolean {
  return clusters.length > 1 || allContexts === true;
}

export interface OutputOptions {
  readonly output: OutputFormat;
}

export interface HeaderOptions {
  /** `false` by --no-headers. */
  readonly headers: boolean;
}

const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
const LIST_FORMATS = ["table", "wide", "name", "csv", "json", "yaml"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export interface ListOutputOptions extends HeaderOptions {
  readonly output: ListFormat;
}

export interface WriteOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly force?: true;
  readonly allowWeakening?: true;
  readonly new?: true;
}

const CLUSTER_HELP = "the function's CLUSTER_ID, or a context of the configuration file";

export function addCluster(command: Command, isOptional = false): Command {
  const option = new Option("-c, --cluster <id>", CLUSTER_HELP).env("CLUSTER_ID").argParser(readCluster);
  return requireCluster(command.addOption(option), option, isOptional);
}

/** For a command that accepts several clusters: sets the option `clusters` (config.ts). */
function addClusters(command: Command, isOptional: boolean): Command {
  const option = new Option("-c, --cluster <id>", `${CLUSTER_HELP} (may be repeated)`)
    .env("CLUSTER_ID")
    .argParser((text: string, before: unknown) => [...(Array.isArray(before) ? before : []), readCluster(text)]);
  const all = new Option("--all-contexts", "every context of the configuration file").conflicts("new");
  return requireCluster(command.addOption(option).addOption(all), option, isOptional);
}

function requireCluster(command: Command, option: Option, isOptional: boolean): Command {
  if (isOptional) return command;
  // Commander cannot check this: the configuration file may set a default.
  return command.hook("preAction", () => {
    if (command.getOptionValue("cluster") === undefined && command.getOptionValue("allContexts") !== true) {
      command.error(`error: required option '${option.flags}' not specified: give it, or set CLUSTER_ID`);
    }
  });
}

/** `before`: the value of an earlier --cluster. Commander reads the environment only if there is none. */
function readCluster(text: string, before?: unknown): string {
  if (before !== undefined) throw new InvalidArgumentError(`--cluster is already '${before}'. Give one cluster.`);
  if (CLUSTER_ID.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${CLUSTER_ID_RULE}.`);
}

export function addAws(command: Command): Command {
  return command
    .option("--region <region>", "AWS region (default: AWS_REGION, or the profile's)")
    .option("--profile <name>", "profile of the AWS configuration files");
}

export function addConnection(command: Command): Command {
  return addPrefix(addAws(addCluster(command)));
}

/** For a command that accepts several clusters. Its options are `ClustersOptions`. */
export function addConnections(command: Command, { clusterIsOptional = false } = {}): Command {
  return addPrefix(addAws(addClusters(command, clusterIsOptional)));
}

function addPrefix(command: Command): Command {
  return command.addOption(
    new Option("--prefix <path>", "the function's MAPPING_PREFIX, if set").env("MAPPING_PREFIX"),
  );
}

/** For operators with permissions for one account only (`grantManageMappings` with an account). */
export function addAccount(command: Command): Command {
  return command.option("--account <id>", "read and write only this account's mappings");
}

/** For commands that may read every mapping. */
export function addReading(command: Command): Command {
  return addAccount(command).option(
    "--read-rate <n>",
    `reads per second (default: ${DEFAULT_RATES.reads})`,
    readPositive,
  );
}

/** For lists of named items. */
export function addListOutput(command: Command, format: ListFormat = "table"): Command {
  return addHeaders(command.addOption(new Option("-o, --output <format>").choices(LIST_FORMATS).default(format)));
}

/** For commands whose output is one table. */
export function addHeaders(command: Command): Command {
  return command.option("--no-headers", "print tables and CSV without the line of headers");
}

export function addOutput(command: Command): Command {
  return command.addOption(new Option("-o, --output <format>").choices(OUTPUT_FORMATS).default("table"));
}

export function addWrite(command: Command): Command {
  return command
    .option("--dry-run", "show the plan and write nothing")
    .option("-y, --yes", "do not ask")
    .option("--force", "skip the lockout check and the stack check")
    .addOption(newOption())
    .option("--allow-weakening", "with --yes: also write changes marked ! in the plan")
    .option("--rate <n>", `writes per second (default: ${DEFAULT_RATES.writes})`, readPositive);
}

export function newOption(): Option {
  return new Option("--new", "write to a cluster that has no parameters yet; no effect on any other");
}

export function readPositive(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0) throw new InvalidArgumentError("It must be a positive number.");
  return number;
}

export function readWhole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a positive integer.");
  return Number(text);
}

export function readRoleArn(text: string): string {
  if (parseMappedArn(text)?.kind === "role") return text;
  throw new InvalidArgumentError("It must be an IAM role's ARN, such as arn:aws:iam::111122223333:role/Admin.");
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
