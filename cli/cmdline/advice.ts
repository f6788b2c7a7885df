// Advice for an error code, and for a failed check of the doctor commands.

import type { ErrorCode } from "../../functions/errors.ts";
import { toFailure } from "../aws/errors.ts";
import { type Failure, usage } from "../io/errors.ts";
import {
  hangingIndent,
  type OutputFormat,
  oneLine,
  optionWords,
  printData,
  shellWord,
  shortened,
  type Text,
} from "../io/print.ts";
import type { Run } from "../io/run.ts";
import type { Trace } from "../model/target.ts";
import { type ClusterOptions, type Speller, spellerFor } from "./spelling.ts";

/** What to do: a text, or a function that makes it with the commands in it. */
export type Advice = string | ((speller: Speller) => Text);

/** Returns the text of the advice, with its commands. */
export function textOf(advice: Advice, speller: Speller): Text {
  return typeof advice === "string" ? advice : advice(speller);
}

interface CheckOf<A> {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** How to fix it. */
  readonly advice?: A;
}

export type Check = CheckOf<Advice>;

/** A check whose advice has its commands. */
export type SpelledCheck = CheckOf<Text>;

export function ok(check: string, seen: string): Check {
  return { check, state: "ok", seen };
}

export function warning(check: string, seen: string, advice: Advice): Check {
  return { check, state: "warning", seen, advice };
}

export function failed(check: string, seen: string, advice: Advice): Check {
  return { check, state: "failed", seen, advice };
}

/** Throws an unexpected error. */
export function failureOf(check: string, error: unknown, advice: Advice): Check {
  const failure = toFailure(error);
  if (failure === undefined) throw error;
  return failed(check, failure.message, advice);
}

/**
 * Returns at most 20 checks. The last one has the number of the others, which have the same name
 * and state.
 */
export function shortenedChecks(checks: readonly Check[]): Check[] {
  return shortened(checks, 20, (seen, { check, state }) => ({ check, state, seen }));
}

export const LOOK_AT_LOG = "read the function's log at the time of this request";

/** Why kube-apiserver sends no reviews, as the end of a sentence. It has one webhook. */
export const NO_REVIEWS =
  "kube-apiserver may not have loaded the webhook's kubeconfig, or another program sets " +
  "--authentication-token-webhook-config-file after yours: the last flag wins (docs/deploy.md, step 4)";

/** Returns the checks with the commands of their advice, which are about one cluster. */
export function withCommands(
  checks: readonly Check[],
  options: ClusterOptions,
  { environment }: Run,
): SpelledCheck[] {
  const speller = spellerFor(options, environment);
  return checks.map(({ advice, ...rest }) =>
    advice === undefined ? rest : { ...rest, advice: textOf(advice, speller) },
  );
}

export async function printChecks(
  checks: readonly SpelledCheck[],
  format: OutputFormat,
  run: Run,
): Promise<void> {
  if (format === "table") for (const check of checks) run.print(lines(check, run.columns));
  else await printData(checks.map(checkData), format, run);
}

function checkData({ advice, ...rest }: SpelledCheck): CheckOf<string> {
  return advice === undefined ? rest : { ...rest, advice: oneLine(advice) };
}

function lines({ check, state, seen, advice }: SpelledCheck, columns: number | undefined): string {
  const first = hangingIndent(`${state.padEnd(9)}${check.padEnd(16)}`, seen, columns);
  return advice === undefined
    ? first
    : `${first}${hangingIndent(`${" ".repeat(25)}to do: `, advice, columns)}`;
}

/**
 * The advice for each code; `undefined` if the reason or the function's log already states the fix.
 * `who` is the identity or the mapping that a command needs.
 */
const ADVICE: Readonly<
  Record<ErrorCode, string | ((speller: Speller, who: string) => Text) | undefined>
> = {
  path_unknown: undefined,
  method_not_allowed: undefined,
  body_too_large: undefined,
  review_malformed: undefined,
  caller_refused: ({ spell }) => ({
    before: "compare the bearer token or client certificate in the webhook's kubeconfig with:",
    command: spell("callers list"),
  }),
  callers_limited:
    "try again in a minute. If this continues, find the sender in the endpoint's access log",
  callers_invalid: ({ spell }) => ({
    before: "add a caller:",
    command: spell("callers add", "<name>"),
  }),
  audience_foreign: "request an audience of AUDIENCES, or none",
  token_malformed: ({ spell }) => `make a new token: ${spell("token")}, or aws eks get-token`,
  token_parameter_refused: ({ spell }) =>
    `make a new token: ${spell("token")}, or aws eks get-token`,
  token_host_refused:
    "add the token's region to STS_REGIONS (by default, VPC endpoints accept only their own), or its host to STS_EXTRA_HOSTS",
  token_region_refused: "use a region of STS_REGIONS, or add the token's region to it",
  token_headers_refused: "sign only the headers host and x-k8s-aws-id",
  token_expired: "make a new token, and check the clock of the machine that made this one",
  token_not_yet_valid: "correct the clock of the machine that made the token",
  token_kind_refused: ({ spell }) => ({
    before: "use an AWS-signed token:",
    command: spell("token", "--jwt"),
  }),
  token_issuer_refused: "add the account and its issuer to JWT_ISSUERS",
  token_claim_refused: ({ spell }) => ({
    before: "get a new token:",
    command: spell("token", "--jwt"),
  }),
  token_signature_refused: "get a new token, or compare JWT_ISSUERS with the account's issuer",
  token_keys_unavailable: "check the function's network to the issuer",
  token_lacks_session:
    "use a k8s-aws-v1. token, or a mapping and denials without sessions, principalId and session placeholders",
  token_lacks_claims: ({ spell }) =>
    `use a token with the claim (${spell("token", "--jwt")}), or a mapping without its placeholder`,
  sts_refused: "check that the token is for this cluster, and that its AWS credentials are valid",
  identity_impossible:
    "use credentials of the function's own partition. On an EC2 instance, use those of its instance profile",
  sts_throttled: "try again in a minute",
  host_busy:
    "try again in a minute, or sign for the function's region. If this continues, set STS_REGIONS to the regions that users sign for",
  sts_unreachable: "check the function's network to STS, and try again",
  account_foreign:
    "use an identity of another account, or add this one to accounts in cdk.json (ACCOUNTS), and deploy",
  identity_unmapped: ({ spell }, who) => ({
    before: "add a mapping:",
    command: spell("mappings set", `${who} --username <name> --group <group>`),
  }),
  identity_denied: ({ spell }, who) => ({
    before: "to grant access again, remove the denial:",
    command: spell("mappings allow", who),
  }),
  denials_invalid: ({ spell }, who) => ({
    before: "correct the list, or restore an earlier version:",
    command: spell("mappings rollback", who),
  }),
  mapping_invalid: ({ spell }, who) => ({
    before: "correct it (mappings set), or restore an earlier version:",
    command: spell("mappings rollback", who),
  }),
  mapping_mismatch: "correct arn or principalId of the mapping. A recreated role has a new id",
  placeholder_without_value: "use another placeholder. For example, a user has no session name",
  node_not_verified:
    "check that the instance runs in this account and region, and that its instance profile has this role",
  instances_unavailable:
    "check ec2:DescribeInstances and iam:GetInstanceProfile, and the network to EC2 and IAM",
  name_refused: "choose another username or group, or change RESERVED_PREFIXES",
  sts_answer_unusable: "check the policy of the VPC endpoint for STS, and any proxy",
  parameters_unavailable:
    "check ssm:GetParameters on the mappings, and the network to Parameter Store",
  issuer_without_keys: undefined,
  internal_fault: undefined,
  setting_invalid: undefined,
};

const OF_OPERATORS: readonly string[] = [
  "identity_unmapped",
  "identity_denied",
  "denials_invalid",
  "mapping_invalid",
] satisfies readonly ErrorCode[];

/** Returns whether the advice is a command of operators: who is denied cannot run it. */
export function isForOperators(code: string): boolean {
  return OF_OPERATORS.includes(code);
}

/**
 * Returns the advice; `undefined` for a code without one.
 *
 * @param who the identity or the mapping that a command needs; default a placeholder
 */
export function adviceFor(code: string, who?: string): Advice | undefined {
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code as ErrorCode] : undefined;
  if (typeof advice !== "function") return advice;
  const word = who === undefined ? "<who>" : shellWord(who);
  return (speller) => advice(speller, word);
}

/** Returns the command that explains a denial. */
export function commandToExplain(
  options: ClusterOptions,
  { environment }: Run,
  arn: string,
  principalId?: string,
): string {
  const words = [...optionWords("--principal-id", principalId), arn].map(shellWord);
  return spellerFor(options, environment).spell("explain", words.join(" "));
}

const TRACES: Readonly<Record<Trace, string>> = {
  "access key": "the id of an access key",
  "unique id": "the unique id of a role or a user",
  username: "a username in Kubernetes, which AWS does not know",
};

/**
 * Returns the error about a username or an id, which an incident shows instead of an ARN or a name,
 * with the command that finds the identity.
 */
export function traceRefused(
  who: string,
  trace: Trace,
  options: ClusterOptions,
  { environment }: Run,
): Failure {
  const { spell } = spellerFor(options, environment);
  return usage(
    `${who} is ${TRACES[trace]}. To find the ARN or the name that logs in with it:`,
    `  ${spell("reviews", `--since 1d --who ${shellWord(who)}`)}`,
  );
}
