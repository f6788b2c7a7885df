// The command line of `npm run acceptance` and of each check.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Inputs } from "./site.ts";

export interface Options {
  readonly clusterId: string;
  readonly region: string | undefined;
  /** Numbers of checks; all of them where it is empty. */
  readonly only: readonly number[];
  readonly yes: boolean;
  readonly keep: boolean;
  readonly storm: boolean;
  /** Removes what an earlier run left, and does nothing else. */
  readonly remove: boolean;
  readonly inputs: Inputs;
}

export const HELP = `Usage: npm run acceptance -- [options]

Deploys a throwaway cluster with the AWS credentials of the environment, checks it, writes a report to docs/acceptance/, and
removes everything. docs/acceptance.md describes each check.

  --yes                   do not ask
  --region <region>       default: AWS_REGION
  --only <numbers>        only these checks, such as 1,3
  --storm                 also check 11: 50 identities at once
  --sso-profile <name>    a profile with an IAM Identity Center permission set, for check 2
  --mtls <file>           JSON with endpoint, clientCert and clientKey, for check 9
  --private <file>        JSON with endpoint, for check 9
  --keep                  leave everything where it is
  --cluster <id>          use the cluster that a run with --keep left
  --remove <id>           remove what a run left, and do nothing else
  --help                  show this help
`;

/** Ids of other clusters are refused: what a run touches must be its own. */
const ID = /^acceptance-[0-9a-f]{8}$/;

/** Throws a sentence for the operator. */
export function readOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      yes: { type: "boolean" },
      region: { type: "string" },
      only: { type: "string" },
      storm: { type: "boolean" },
      "sso-profile": { type: "string" },
      mtls: { type: "string" },
      private: { type: "string" },
      keep: { type: "boolean" },
      cluster: { type: "string" },
      remove: { type: "string" },
    },
  });
  const given = values.remove ?? values.cluster;
  if (values.remove !== undefined && values.cluster !== undefined) throw new Error("--remove excludes --cluster.");
  if (given !== undefined && !ID.test(given)) {
    throw new Error(`${given} is not the id of an acceptance run. An id looks like acceptance-0123abcd.`);
  }
  return {
    clusterId: given ?? `acceptance-${randomBytes(4).toString("hex")}`,
    region: values.region ?? (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]),
    only: (values.only ?? "")
      .split(",")
      .filter((word) => word !== "")
      .map(readNumber),
    yes: values.yes ?? false,
    keep: values.keep ?? false,
    storm: values.storm ?? false,
    remove: values.remove !== undefined,
    inputs: {
      ...(values["sso-profile"] !== undefined && { ssoProfile: values["sso-profile"] }),
      ...(values.mtls !== undefined && {
        mtls: readFile("--mtls", values.mtls, ["endpoint", "clientCert", "clientKey"]),
      }),
      ...(values.private !== undefined && { private: readFile("--private", values.private, ["endpoint"]) }),
    },
  };
}

function readNumber(word: string): number {
  if (!/^([1-9]|1[01])$/.test(word)) throw new Error(`--only ${word}: a check is a number from 1 to 11.`);
  return Number(word);
}

/** The keys of `endpoint` are checked by CDK's context when it is deployed. */
function readFile<T>(option: string, file: string, keys: readonly string[]): T {
  let value: Readonly<Record<string, unknown>> | undefined;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${option} ${file} cannot be read: ${(error as Error).message}`);
  }
  const missing = keys.filter((key) => value?.[key] === undefined);
  if (missing.length > 0) throw new Error(`${option} ${file} has no ${missing.join(" and no ")}.`);
  return value as T;
}
