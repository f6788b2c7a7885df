// `explain`: shows step by step how the function reviews a token, an ARN or a person.

import type { VerifiedIdentity } from "../../../functions/authenticator/identity/identity.ts";
import {
  claimPlaceholdersIn,
  tagKey,
} from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import { isListKind, isOfOne, kindsWhere } from "../../../functions/authenticator/mapping/kinds.ts";
import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { type Connection, connect, logAssumptions } from "../../aws/connection.ts";
import { type Explanation, explainIdentity, explainToken, isGranted } from "../../aws/review.ts";
import { traceRefused } from "../../cmdline/advice.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import type { LogOptions } from "../../cmdline/review-log.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { silentExit, usage } from "../../io/errors.ts";
import { readText } from "../../io/files.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { signedIdentity, supposeIdentity } from "../../model/evaluation.ts";
import { arnFault } from "../../model/file-entry.ts";
import { arnOf, checkOneArn, checkTyping, traceIn } from "../../model/target.ts";
import { requireParameters } from "../../plan/read.ts";
import { explainPerson } from "./explain-person.ts";
import { explanationData, explanationLines, mappingThatApplies, printLines } from "./show.ts";

interface ExplainOptions extends OutputOptions, LogOptions {
  readonly tokenFile?: string;
  readonly sessionName?: string;
  readonly principalId?: string;
  readonly jwt?: true;
}

export async function explain(
  who: string | undefined,
  cluster: ChosenCluster,
  options: ExplainOptions,
  run: Run,
): Promise<void> {
  checkUsage(who, options);
  const trace = traceIn(who ?? "");
  if (trace !== undefined) throw traceRefused(who ?? "", trace, cluster, run);
  const connection = await connect(cluster, {}, run);
  if (who !== undefined && isPersonName(who))
    return explainPerson(who, options, cluster, connection, run);
  const subject = await subjectOf(who, options, connection, run);
  const explanation = await (typeof subject === "string"
    ? explainToken(subject, connection, run)
    : explainSupposed(subject, who ?? "", options, connection, run));
  if (explanation.refusal?.code === "identity_unmapped")
    await requireParameters(new Map(), connection, run);
  logAssumptions(connection, run);
  const { prefix } = connection.review;
  if (options.output === "table") {
    const speller = spellerFor(cluster, run.environment);
    printLines(explanationLines(explanation, prefix, speller), run);
  } else await printData(explanationData(explanation), options.output, run);
  const code = explanation.refusal?.code;
  const isForOtherHost = code === "token_malformed" || code === "token_host_refused";
  if (isForOtherHost && run.environment["AWS_ENDPOINT_URL_STS"]) {
    run.log(
      "AWS_ENDPOINT_URL_STS is set, so aws eks get-token signs for another host. Unset it for that command.\n",
    );
  }
  if (!isGranted(explanation)) throw silentExit();
}

const PRINCIPALS = kindsWhere((kind) => isOfOne(kind) && !isListKind(kind));

/** Returns a token, or a supposed identity. */
async function subjectOf(
  who: string | undefined,
  options: ExplainOptions,
  { review }: Connection,
  run: Run,
) {
  const { tokenFile, sessionName, principalId, jwt } = options;
  if (tokenFile !== undefined) return tokenIn(await readText(tokenFile, run));
  checkTyping(who ?? "");
  const isMappingName = PRINCIPALS.some((kind) => who?.startsWith(`${kind}/`));
  // Only AWS knows the suffix of a permission set's role, and nothing depends on it.
  const arn = isMappingName ? arnOf(who ?? "", review).replaceAll("?", "0") : who;
  const identity = supposeIdentity(arn ?? "", { sessionName, principalId });
  if (identity === undefined)
    throw usage(supposeIdentity(arn ?? "") ? NOT_SUPPOSED : `${notAnArn(arn ?? "")}.`);
  if (jwt && !isJwtKind(identity)) {
    throw usage(`AWS-signed tokens are for roles and users, not for ${arn}.`);
  }
  return jwt ? signedIdentity(identity) : identity;
}

/** Returns whether the identity may have AWS-signed tokens, which only roles and users have. */
function isJwtKind({ kind }: VerifiedIdentity): boolean {
  return kind === "role" || kind === "user";
}

const NOT_SUPPOSED =
  "--session-name must be letters, digits or _+=,.@- without spaces, and --principal-id an id such as AROAEXAMPLE123456789X.";

function checkUsage(
  who: string | undefined,
  { tokenFile, sessionName, principalId, jwt, logGroup, stack }: ExplainOptions,
): void {
  if ([who, tokenFile].some((word) => word?.includes("k8s-aws-v1."))) {
    throw usage(
      "This is a token, and your shell's history now contains it. Put it into a file: --token-file <file>.",
    );
  }
  if ((who === undefined) === (tokenFile === undefined))
    throw usage("Give one of: an ARN, a name, --token-file.");
  checkOneArn(who ?? "");
  const isName = isPersonName(who ?? "");
  if (isName && (sessionName ?? principalId ?? jwt) !== undefined) {
    throw usage(`--session-name, --principal-id and --jwt require an ARN, not ${who}.`);
  }
  if (!isName && (logGroup ?? stack) !== undefined)
    throw usage("--log-group and --stack require a person's name.");
}

/** The session of a role's instance, if the user names no session and the mapping needs one. */
const SAMPLE_INSTANCE = `i-${"0".repeat(17)}`;

/**
 * Explains a supposed identity, and omits what `supposeIdentity` makes up: ids, and the suffix of a
 * permission set's role.
 */
async function explainSupposed(
  supposed: VerifiedIdentity,
  who: string,
  { principalId, sessionName }: ExplainOptions,
  connection: Connection,
  run: Run,
): Promise<Explanation> {
  const idHint = principalId === undefined ? "to check it, add --principal-id" : undefined;
  const explainIt = (identity: VerifiedIdentity) =>
    explainIdentity(identity, connection, run, { idHint });
  const ofAny = await withSupposedClaims(await explainIt(supposed), supposed, explainIt);
  const isOfInstances =
    ofAny.refusal?.code === "node_not_verified" &&
    sessionName === undefined &&
    !who.includes(":assumed-role/");
  const ofInstance = isOfInstances
    ? supposeIdentity(supposed.canonicalArn, { principalId, sessionName: SAMPLE_INSTANCE })
    : undefined;
  const identity = ofInstance ?? supposed;
  const explanation = ofInstance === undefined ? ofAny : await explainIt(ofInstance);
  const known = { ...explanation, identity: { ...identity, principalId, accessKeyId: undefined } };
  if (!who.startsWith("sso/")) return known;
  return mapTexts(known, (text) => text.replaceAll(`_${"0".repeat(16)}`, `_${"?".repeat(16)}`));
}

/** A value that no token is likely to have. Output has `<value>` instead. */
const SUPPOSED_VALUE = "SUPPOSED-VALUE";

/**
 * Explains a supposed AWS-signed token again, with a value for each claim of the username, if it was
 * refused for the lack of one. The verdict then has the condition.
 */
async function withSupposedClaims(
  explained: Explanation,
  supposed: VerifiedIdentity,
  explainIt: (identity: VerifiedIdentity) => Promise<Explanation>,
): Promise<Explanation> {
  const isLacking = explained.refusal?.code === "token_lacks_claims";
  const { username = "" } = mappingThatApplies(explained) ?? {};
  const names = claimPlaceholdersIn(username);
  if (supposed.claims === undefined || !isLacking || names.length === 0) return explained;
  const claims = {
    identityStoreUserId: SUPPOSED_VALUE,
    sourceIdentity: SUPPOSED_VALUE,
    principalTags: Object.fromEntries(names.map((name) => [tagKey(name), SUPPOSED_VALUE])),
  };
  const again = await explainIt({ ...supposed, claims });
  const needed = `the token has ${names.map((name) => `{${name}}`).join(" and ")}`;
  const { condition } = again;
  return {
    ...mapTexts(again, (text) => text.replaceAll(SUPPOSED_VALUE, "<value>")),
    condition: condition === undefined ? needed : `${needed}, and ${condition}`,
  };
}

/** Returns the value with each text in it changed. */
function mapTexts<Value>(value: Value, change: (text: string) => string): Value {
  const changed = (part: unknown): unknown => {
    if (typeof part === "string") return change(part);
    if (Array.isArray(part)) return part.map(changed);
    if (!isObject(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, member]) => [key, changed(member)]));
  };
  return changed(value) as Value;
}

function notAnArn(arn: string): string {
  const kinds = "the ARN of a role, an assumed role, a user, a federated user or root";
  const fault = arn === "" ? undefined : arnFault(arn);
  return `${arn || "An empty ARN"} is not ${kinds}${fault === undefined ? "" : `: ${fault}`}`;
}

/** Returns the token of an ExecCredential, or else the text itself. */
function tokenIn(text: string): string {
  const token = memberAt(parseJson(text), "status", "token");
  return typeof token === "string" ? token : text.trim();
}
