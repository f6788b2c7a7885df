// Formats the steps of a review.

import type { VerifiedIdentity } from "../../../functions/authenticator/identity/identity.ts";
import {
  claimPlaceholdersIn,
  claimValue,
  tagKey,
} from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import type { Evaluation } from "../../../functions/authenticator/mapping/evaluate.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import type { User } from "../../../functions/authenticator/user/user.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { type Explanation, isGranted, needsInstance } from "../../aws/review.ts";
import { adviceFor, textOf } from "../../cmdline/advice.ts";
import type { Speller } from "../../cmdline/spelling.ts";
import { hangingIndent, type Text } from "../../io/print.ts";
import type { Run, Tone } from "../../io/run.ts";
import { NO_NODES } from "../../model/function-settings.ts";
import { sessionProgram } from "../../model/session-programs.ts";

const HEAD = 10;

/** The first column, and the text next to it. */
export type Line = readonly [head: string, text: Text, tone?: Tone];

/** Returns the texts that are not `undefined`, in lines of which the first one has the head. */
export function under(head: string, ...texts: readonly (Text | undefined)[]): Line[] {
  return texts.filter((text) => text !== undefined).map((text, i) => [i === 0 ? head : "", text]);
}

export function printLines(lines: readonly Line[], run: Run): void {
  for (const [head, text, tone] of lines)
    run.print(hangingIndent(head.padEnd(HEAD), text, run.columns), tone);
}

/** Returns the lines about a review. */
export function explanationLines(
  explanation: Explanation,
  prefix: string,
  speller: Speller,
): Line[] {
  const { token, identity, evaluations = [], parameter, user, refusal } = explanation;
  return [
    ...under(
      "token",
      token && `ok, ${sourceOf(token)}, ends ${new Date(token.expiresAt).toISOString()}`,
    ),
    ...(identity === undefined ? [] : identityLines(identity, token !== undefined)),
    ...under(
      "mapping",
      ...evaluations.map((evaluation) => {
        const verdict = `${verdictOf(evaluation)}${markOf(evaluation, parameter)}`;
        return `${shortName(evaluation.parameter, prefix)}: ${verdict}`;
      }),
    ),
    ...(user === undefined ? [] : userLines(user)),
    ...tagLines(explanation),
    ...(refusal === undefined
      ? grantLines(explanation)
      : refusalLines(explanation, prefix, speller)),
  ];
}

/** Returns a line for each group that the token would have with another tag. */
function tagLines({ identity, user, ...explanation }: Explanation): Line[] {
  const { claims } = identity ?? {};
  if (claims === undefined || user === undefined) return [];
  const groups = mappingThatApplies(explanation)?.groups ?? [];
  const lacking = groups.flatMap((group) => {
    const [name] = claimPlaceholdersIn(group);
    if (name === undefined || claimValue(name, claims) !== undefined) return [];
    return `with the tag ${tagKey(name)}: ${group.replace(`{${name}}`, "<value>")}`;
  });
  return under("", ...lacking);
}

/** Returns the mapping of the evaluation that applies; `undefined` if none matches. */
export function mappingThatApplies({
  evaluations = [],
  parameter,
}: Pick<Explanation, "evaluations" | "parameter">): Mapping | undefined {
  const verdict = evaluations.find((evaluation) => evaluation.parameter === parameter)?.verdict;
  return verdict?.kind === "match" ? verdict.mapping : undefined;
}

function sourceOf(token: NonNullable<Explanation["token"]>): string {
  return "host" in token ? `for ${token.host}` : `signed by ${token.issuer}`;
}

/**
 * Returns the lines about an identity.
 *
 * @param isProven whether the identity is that of a token; the principal of a supposed one is that
 * of --principal-id
 */
export function identityLines(identity: VerifiedIdentity, isProven: boolean): Line[] {
  const { arn, canonicalArn, principalId, sessionName = "" } = identity;
  const mapped = canonicalArn === arn ? undefined : `mapped as ${canonicalArn}`;
  const program = sessionProgram(sessionName)?.program;
  const notPerson =
    program && `${sessionName} is the name that ${program} gives a session, not a person's`;
  return under(
    "identity",
    arn,
    mapped,
    principalId && `principal ${principalId}${isProven ? "" : " (supposed)"}`,
    notPerson,
  );
}

export function userLines({ username, groups }: User): Line[] {
  return [
    ["user", username],
    ["groups", groups.join(", ") || "none"],
  ];
}

export function grantLines({ user, isWithoutNodes, condition }: Explanation): Line[] {
  const also = condition === undefined ? "" : `, if ${condition}`;
  if (!needsInstance(user)) return [["verdict", `granted${also}`, "granted"]];
  if (isWithoutNodes) return under("verdict", `fault: ${NO_NODES}`);
  return under(
    "verdict",
    `granted, if EC2 confirms the instance${also}`,
    "EC2 was not called: only a node's own token identifies its instance (--token-file)",
  );
}

/**
 * Returns the lines about a denial, without the part of the message that repeats the lines above.
 */
export function refusalLines(explained: Explanation, prefix: string, speller: Speller): Line[] {
  const { identity, parameter, deniedBy, refusal, condition } = explained;
  if (refusal === undefined) return [];
  const { code, reason } = refusal;
  const named: Readonly<Partial<Record<typeof code, string | undefined>>> = {
    identity_unmapped: identity && targetFor(identity.canonicalArn),
    identity_denied: deniedBy,
  };
  const who = named[code] ?? (parameter && shortName(parameter, prefix));
  const advice = adviceFor(code, who);
  return [
    ["verdict", `denied, ${code}${condition === undefined ? "" : `, if ${condition}`}`, "denied"],
    ["reason", reason],
    ...under("to do", advice && textOf(advice, speller)),
  ];
}

/**
 * Returns what to map: for a permission set's role, the set, since AWS may give the role another
 * suffix.
 */
function targetFor(canonicalArn: string): string {
  const [, account = "", role = ""] = /^arn:[^:]+:iam::(\d+):role\/(.+)$/.exec(canonicalArn) ?? [];
  const set = permissionSetOf(role);
  return set === undefined ? canonicalArn : `sso/${account}/${set}`;
}

function verdictOf({ verdict, invalidCount }: Evaluation): string {
  const invalid = invalidCount > 0 && verdict.kind !== "invalid" ? `, ${invalidCount} invalid` : "";
  if ("problem" in verdict) return `${verdict.kind}, ${verdict.problem}`;
  return { nothing: `nothing${invalid}`, match: `matches${invalid}`, deny: "denies" }[verdict.kind];
}

function markOf({ parameter, verdict }: Evaluation, counted: string | undefined): string {
  if (parameter === counted) return "  <- applies";
  return verdict.kind === "nothing" ? "" : "  (shadowed)";
}

/** Returns data for JSON and YAML, without the token itself, which contains its signature. */
export function explanationData(explanation: Explanation) {
  const {
    token,
    identity,
    evaluations,
    parameter,
    user,
    refusal,
    deniedBy,
    isWithoutNodes,
    condition,
  } = explanation;
  const from = token && ("host" in token ? { host: token.host } : { issuer: token.issuer });
  return {
    granted: isGranted(explanation),
    token: token && { ...from, expiresAt: new Date(token.expiresAt).toISOString() },
    identity,
    evaluations,
    parameter,
    user,
    ...(needsInstance(user) && { instanceProven: false }),
    ...(isWithoutNodes && { isWithoutNodes }),
    refusal: refusal && { code: refusal.code, message: refusal.message },
    deniedBy,
    condition,
  };
}
