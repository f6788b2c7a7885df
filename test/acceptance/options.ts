// The command line of `npm run acceptance`, and the announcement before a run: created resources,
// costs, duration, and what stays unchanged.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { POLICY_FILE } from "./permissions.ts";
import type { Check } from "./runner.ts";
import { DISABLE, ENABLE } from "./signed-tokens.ts";
import type { Inputs } from "./site.ts";
import { TAG } from "./stacks.ts";

export type Options = ReturnType<typeof readOptions>;

export const HELP = `Usage: npm run acceptance -- [options]

Deploys a temporary cluster with the AWS credentials of the environment, checks it, writes a report to
test/acceptance/reports/, and removes everything. test/acceptance/README.md describes each check.

  --yes                   skip the confirmation
  --region <region>       default: AWS_REGION
  --short                 20 minutes and one stack: a login, a denial, an outage and measurements.
                          Its permissions are in test/acceptance/acceptance-role.json
  --dry-run               print what the run would create and which permissions it needs, without a call of AWS
  --only <numbers>        run only these checks, for example 1,3
  --sso-profile <name>    a profile with an IAM Identity Center permission set, for checks 2 and 12
  --qualifier <id>        the qualifier of cdk bootstrap, if it has one
  --enable-token-signing  for checks 12 and 13: if the account does not sign tokens, enable it. It stays enabled
  --from <commit>         an earlier commit, for the upgrade of check 17
  --parameter-store-rates for check 18: uses up the account's rate of Parameter Store for 20 s, also that of other clusters
  --mtls <file>           JSON with endpoint, clientCert and clientKey, for check 9
  --private <file>        JSON with endpoint, for checks 9 and 12
  --keep                  keep all resources
  --cluster <id>          use the cluster of a run with --keep
  --remove <id|folder>    only remove the resources of an earlier run: its id, with --region, or its folder
  --help                  show this help
`;

/** Rejects ids of other clusters, so that a run only changes its own resources. */
const ID = /^acceptance-[0-9a-f]{8}$/;

export function readOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      yes: { type: "boolean" },
      region: { type: "string" },
      short: { type: "boolean" },
      "dry-run": { type: "boolean" },
      only: { type: "string" },
      "sso-profile": { type: "string" },
      qualifier: { type: "string" },
      "enable-token-signing": { type: "boolean" },
      from: { type: "string" },
      "parameter-store-rates": { type: "boolean" },
      mtls: { type: "string" },
      private: { type: "string" },
      keep: { type: "boolean" },
      cluster: { type: "string" },
      remove: { type: "string" },
    },
  });
  const { qualifier } = values;
  checkQualifier(qualifier);
  checkCombination(values, "short", "only");
  checkCombination(values, "remove", "cluster");
  checkCombination(values, "remove", "dry-run");
  const kept = readRun(values.remove);
  const given = kept?.clusterId ?? values.remove ?? values.cluster;
  checkId(given);
  return {
    clusterId: given ?? `acceptance-${randomBytes(4).toString("hex")}`,
    region:
      values.region ??
      kept?.region ??
      (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]),
    short: values.short ?? false,
    dryRun: values["dry-run"] ?? false,
    /** Numbers of checks; empty: all. */
    only: (values.only?.match(/[^,]+/g) ?? []).map(readNumber),
    yes: values.yes ?? false,
    /** Whether the AWS CLI uses the environment's keys, not a profile. */
    hasKeys: Boolean(environment["AWS_ACCESS_KEY_ID"]) && !environment["AWS_PROFILE"],
    keep: values.keep ?? false,
    remove: values.remove !== undefined,
    inputs: {
      qualifier,
      ssoProfile: values["sso-profile"],
      enableTokenSigning: values["enable-token-signing"],
      from: values.from,
      parameterStoreRates: values["parameter-store-rates"],
      mtls: readFile("--mtls", values.mtls, ["endpoint", "clientCert", "clientKey"]),
      private: readFile("--private", values.private, ["endpoint"]),
    } satisfies Inputs,
  };
}

function checkCombination(
  values: Readonly<Record<string, string | boolean | undefined>>,
  one: string,
  other: string,
): void {
  if (values[one] === undefined || values[other] === undefined) return;
  throw new Error(`--${one} and --${other} cannot be used together.`);
}

function checkQualifier(qualifier: string | undefined): void {
  if (qualifier === undefined || /^[A-Za-z0-9_-]{1,10}$/.test(qualifier)) return;
  throw new Error(`--qualifier ${qualifier}: must be 1 to 10 letters, digits, "_" and "-".`);
}

function checkId(given: string | undefined): void {
  if (given === undefined || ID.test(given)) return;
  throw new Error(
    `${given} is not the id of an acceptance run. An id looks like acceptance-0123abcd.`,
  );
}

/** What a later removal needs: the file `run.json` of a run's folder. */
export type KeptRun = Readonly<Record<"clusterId" | "region", string>>;
export const RUN_FILE = "run.json";

function readRun(remove: string | undefined): KeptRun | undefined {
  const file = join(remove ?? "", RUN_FILE);
  return remove !== undefined && existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : undefined;
}

function readNumber(word: string): number {
  if (!/^([1-9]|1[0123678])$/.test(word))
    throw new Error(`--only ${word}: must be the number of a check.`);
  return Number(word);
}

/** Does not check the keys of `endpoint`; the deployment does. */
function readFile<T>(
  option: string,
  file: string | undefined,
  keys: readonly string[],
): T | undefined {
  if (file === undefined) return undefined;
  let value: Readonly<Record<string, unknown>> | undefined;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${option} ${file}: cannot read JSON: ${(error as Error).message}`);
  }
  const missing = keys.filter((key) => value?.[key] === undefined);
  if (missing.length > 0) throw new Error(`${option} ${file}: missing ${missing.join(" and ")}.`);
  return value as T;
}

const REMOVAL_MINUTES = 5;

export const minutesOf = (checks: readonly Check[]) =>
  checks.reduce((sum, check) => sum + check.minutes, REMOVAL_MINUTES);

interface Effects {
  readonly keep: boolean;
  readonly enableSigning: boolean | undefined;
  readonly limit: string;
  readonly ends: string;
  /** The run's folder. */
  readonly folder: string;
}

export function announcement(
  /** The account and the Region. */
  place: string,
  clusterId: string,
  checks: readonly Check[],
  /**
   * `limit`: the account's concurrent executions. `ends`: when the credentials end, or why that is
   * unknown.
   */
  { keep, enableSigning, limit, ends, folder }: Effects,
): string {
  const removal = `npm run acceptance -- --remove ${folder}`;
  const end = keep
    ? `It keeps these resources. To remove them:  ${removal}`
    : `It removes these resources at the end, also after Ctrl-C or a failure. If the credentials end before, renew them, and run:
  ${removal}`;
  const settings =
    enableSigning && checks.some(({ needsSigning }) => needsSigning)
      ? `If the account does not sign tokens, the run enables it (${ENABLE}), which is a setting of the account.
It stays enabled. To disable it:  ${DISABLE}
It does not change other account settings.`
      : "It does not change account settings.";
  return `Acceptance run ${clusterId} in ${place}

Checks:  ${checks.map(({ number, title }) => `${number} ${title}`).join("; ")}
Creates: ${created(clusterId, checks)}
         /iam-authenticator/${clusterId}. All except the parameters have the tag ${TAG}.
Needs:   ${isShort(checks) ? `${POLICY_FILE}: the permissions of --short, as an IAM policy` : "the permissions to create these, such as an administrator's"}
Time:    about ${minutesOf(checks)} minutes. This is an estimate: no run on AWS has been measured yet.
         Credentials must remain valid for as long: ${ends}.
Limit:   ${limit}
Cost:    less than 1 USD at list prices (see test/acceptance/README.md).
${settings} Zips stay in the bucket of cdk bootstrap, as after every cdk deploy.
${end}
`;
}

const isShort = (checks: readonly Check[]) => checks.every(({ short }) => short !== undefined);

function created(clusterId: string, checks: readonly Check[]): string {
  if (isShort(checks)) {
    return `one CloudFormation stack with ${clusterId} in its name (functions, an HTTP API, log groups, alarms, roles), the role
         ${clusterId}, and parameters below`;
  }
  return `CloudFormation stacks with ${clusterId} in their names (functions, HTTP APIs, log groups, alarms, roles;
         with check 8 an OIDC provider), the roles ${clusterId}, ${clusterId}-pod,
         ${clusterId}-jwt and ${clusterId}-deployer, the user ${clusterId} with an access key, a bucket, and parameters below`;
}
