// Options that several commands share: cluster, AWS connection, output format, and writes.

import { EventEmitter } from "node:events";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { NAMESPACE } from "../../functions/issuer/trust-policy.ts";
import {
  CLUSTER_ID_FORM,
  CLUSTER_ID_RULE,
  expectedPrefix,
} from "../../functions/settings/common.ts";
import { DEFAULT_RATES } from "../aws/rates.ts";
import { LIST_FORMATS, type ListFormat, OUTPUT_FORMATS, type OutputFormat } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { CLUSTER_FLAGS } from "./chosen-clusters.ts";

export interface OutputOptions {
  readonly output: OutputFormat;
}

export interface WriteOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly force?: true;
  readonly allowWeakening?: true;
  readonly new?: true;
}

/**
 * Options that several commands share, in the order of the help, and what they add to a command.
 */
export type OptionGroup = readonly (Option | ((command: Command) => unknown))[];

export function withOptions(command: Command, ...groups: readonly OptionGroup[]): Command {
  for (const item of groups.flat()) {
    if (item instanceof Option) command.addOption(item);
    else item(command);
  }
  return command;
}

/**
 * Lets the command ignore the variables of its options that the run's environment does not set. As
 * for the function, an empty variable is unset. Commander takes it for a value: it emits this event
 * for each variable that the process has.
 */
export function ignoreEmptyVariables(command: Command, { environment }: Run): void {
  if (!(command instanceof EventEmitter)) return;
  const unset = command.options.filter(
    ({ envVar }) => envVar !== undefined && !environment[envVar],
  );
  for (const option of unset) command.removeAllListeners(`optionEnv:${option.name()}`);
}

const CLUSTER_HELP =
  "the cluster's id (the function's CLUSTER_ID), or a context (see contexts list)";

/**
 * Reads --cluster. `before` is the value of an earlier one. Commander reads the environment only if
 * there is none.
 */
function readCluster(text: string, before?: unknown): string {
  if (before !== undefined)
    throw new InvalidArgumentError(`--cluster is already '${before}'. Give one cluster.`);
  if (CLUSTER_ID_FORM.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${CLUSTER_ID_RULE}.`);
}

export const CLUSTER: OptionGroup = [
  new Option(CLUSTER_FLAGS, CLUSTER_HELP).env("CLUSTER_ID").argParser(readCluster),
];

export const AWS: OptionGroup = [
  new Option("--region <region>", "AWS region (default: AWS_REGION, or the profile's)"),
  new Option("--profile <name>", "profile of the AWS configuration files"),
];

/**
 * The options for the outputs of a stack. `optionalClusterOf` reads CLUSTER_ID: with --endpoint, no
 * cluster is needed.
 */
export const OF_STACK: OptionGroup = [
  new Option(CLUSTER_FLAGS, "the cluster or context whose stack has the URL (default: CLUSTER_ID)")
    .argParser(readCluster)
    .conflicts("endpoint"),
  ...AWS,
];

const PREFIX = new Option("--prefix <path>", "the function's MAPPING_PREFIX, if set")
  .env("MAPPING_PREFIX")
  .argParser(readPrefix);

/** Reads --prefix by the function's rule. Commander's message names the option or the variable. */
function readPrefix(text: string): string {
  const expected = expectedPrefix(text);
  if (expected !== undefined) throw new InvalidArgumentError(`It must be ${expected}.`);
  return text;
}

/** The options of a command for one cluster, which `clusterOf` reads. */
export const CONNECTION: OptionGroup = [...CLUSTER, ...AWS, PREFIX];

/** The options of a command that accepts several clusters, which `clustersOf` reads. */
export const CONNECTIONS: OptionGroup = [
  new Option(CLUSTER_FLAGS, `${CLUSTER_HELP} (may be repeated; an id means all its contexts)`)
    .env("CLUSTER_ID")
    .argParser((text, before: readonly string[] = []) => [...before, readCluster(text)]),
  new Option("--all-contexts", "every context").conflicts("new"),
  ...AWS,
  PREFIX,
];

/**
 * The option for operators with permissions for one account only (`grantManageMappings` with an
 * account).
 */
export const ACCOUNT: OptionGroup = [
  new Option("--account <id>", "only the mappings and denials of this AWS account"),
];

/** The options of commands that may read every mapping. */
export const READING: OptionGroup = [
  ...ACCOUNT,
  new Option("--read-rate <n>", `reads per second (default: ${DEFAULT_RATES.reads})`).argParser(
    readPositive,
  ),
];

export const OUTPUT: OptionGroup = [
  new Option("-o, --output <format>", "output format").choices(OUTPUT_FORMATS).default("table"),
];

/** The option of commands that print one table. */
export const HEADERS: OptionGroup = [
  new Option("--no-headers", "print tables and CSV without the line of headers"),
];

/** Returns the options of commands that print a list of named items. */
export function listOutput(format: ListFormat = "table"): OptionGroup {
  return [
    new Option("-o, --output <format>", "output format").choices(LIST_FORMATS).default(format),
    ...HEADERS,
  ];
}

export const NEW = new Option(
  "--new",
  "write to a cluster that has nothing in Parameter Store yet; no effect on any other",
);

/** The options of commands whose writes skip no check. */
export const CONFIRM: OptionGroup = [
  new Option("--dry-run", "show the plan and write nothing"),
  new Option("-y, --yes", "do not ask"),
];

export const ALLOW_WEAKENING = new Option(
  "--allow-weakening",
  "with --yes: also write the changes marked ! in the plan, which may give access",
);

export const WRITE: OptionGroup = [
  ...CONFIRM,
  new Option(
    "--force",
    "skip three checks: that an administrator remains (lockout check), that no stack manages the parameter, and that the " +
      "function's version knows denied names",
  ),
  NEW,
  ALLOW_WEAKENING,
  new Option("--rate <n>", `writes per second (default: ${DEFAULT_RATES.writes})`).argParser(
    readPositive,
  ),
];

/** The files of a kubeconfig for kube-apiserver, which `readWebhookFiles` reads. */
export const WEBHOOK_FILES: OptionGroup = [
  new Option("--ca <file>", "the endpoint's CA, PEM (default: the system's CAs)"),
  new Option("--token-file <file>", "the caller's bearer token (- for stdin)").conflicts(
    "clientCert",
  ),
  new Option("--client-cert <file>", "the client certificate for mTLS, PEM"),
  new Option("--client-key <file>", "its private key, PEM"),
];

/** The help of --out. */
export const OUT = "write a new file that only you can read (default: print, as with -)";

export function readPositive(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0)
    throw new InvalidArgumentError("It must be a positive number.");
  return number;
}

export function readWhole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("It must be a positive integer.");
  return Number(text);
}

export function readRoleArn(text: string): string {
  if (parseMappedArn(text)?.kind === "role") return text;
  throw new InvalidArgumentError(
    "It must be an IAM role's ARN, such as arn:aws:iam::111122223333:role/Admin.",
  );
}

/** Adds a namespace to the values of an option that may be repeated. */
export function collectNamespace(text: string, before?: readonly string[]): readonly string[] {
  if (NAMESPACE.test(text)) return collect(text, before);
  throw new InvalidArgumentError(
    "It must be a namespace: up to 63 lower-case letters, digits and hyphens.",
  );
}

/** Adds a value to those of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
