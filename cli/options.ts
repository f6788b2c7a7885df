// Options that many commands share: which cluster, where in AWS, in which form.

import { type Command, InvalidArgumentError, Option } from "commander";
import { parseMappedArn } from "../functions/authenticator/mapping/arn.ts";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../functions/settings/common.ts";
import { DEFAULT_RATES, type Rate, type RateOptions } from "./aws/rates.ts";

export interface ConnectionOptions extends RateOptions {
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  /** Only this account's mappings are read and written. */
  readonly account?: string;
}

export interface OutputOptions {
  readonly output: OutputFormat;
}

const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
const LIST_FORMATS = ["table", "wide", "name", "json", "yaml"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export interface ListOutputOptions {
  readonly output: ListFormat;
}

export interface WriteOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly force?: true;
  readonly allowWeakening?: true;
  readonly new?: true;
}

export function addCluster(command: Command, isOptional = false): Command {
  const option = new Option("-c, --cluster <id>", "the function's CLUSTER_ID, or a context of the configuration file");
  command.addOption(option.env("CLUSTER_ID").argParser(readCluster));
  if (isOptional) return command;
  // Not by commander: the configuration file may have a default.
  return command.hook("preAction", () => {
    if (command.getOptionValue("cluster") === undefined) {
      command.error(`error: required option '${option.flags}' not specified: give it, or set CLUSTER_ID`);
    }
  });
}

/** `before`: of the same option, given before; the environment's value is read only where there is none. */
function readCluster(text: string, before: unknown): string {
  if (before !== undefined)
    throw new InvalidArgumentError(`It is the second one, after '${before}'. Give one cluster.`);
  if (CLUSTER_ID.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${CLUSTER_ID_RULE}.`);
}

export function addAws(command: Command): Command {
  return command
    .option("--region <region>", "AWS region (default: AWS_REGION, or the profile's)")
    .option("--profile <name>", "profile of the AWS configuration files");
}

export function addConnection(command: Command, { clusterIsOptional = false } = {}): Command {
  return addAws(addCluster(command, clusterIsOptional)).addOption(
    new Option("--prefix <path>", "the function's MAPPING_PREFIX, if it is set").env("MAPPING_PREFIX"),
  );
}

/** For who may read and write one account's branches only (`grantManageMappings` with an account). */
export function addAccount(command: Command): Command {
  return command.option("--account <id>", "only this account's mappings: no other is read");
}

/** For what may have to read every mapping. */
export function addReading(command: Command): Command {
  return addAccount(command).option(
    "--read-rate <n>",
    `reads a second, or auto (default: ${DEFAULT_RATES.reads})`,
    readRate,
  );
}

/** For a list of things that have names. */
export function addListOutput(command: Command): Command {
  return command.addOption(new Option("-o, --output <format>").choices(LIST_FORMATS).default("table"));
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
    .option("--allow-weakening", "with --yes: write also what is marked ! in the plan")
    .option(
      "--rate <n>",
      `writes a second, or auto: as the account allows (default: ${DEFAULT_RATES.writes})`,
      readRate,
    );
}

export function newOption(): Option {
  return new Option("--new", "write to a cluster that has no stack and no parameter yet");
}

export function readPositive(text: string): number {
  return positive(text, "a positive number");
}

function readRate(text: string): Rate {
  return text === "auto" ? text : positive(text, "a positive number, or auto");
}

function positive(text: string, rule: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0) throw new InvalidArgumentError(`It must be ${rule}.`);
  return number;
}

export function readWhole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 on.");
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
