// An explanation as a person reads it, top to bottom in the order of the review.

import type { Finding } from "../../functions/authenticator/mapping/finding.ts";
import { short } from "../plan/show.ts";
import { adviceOn } from "./advice.ts";
import type { Explanation } from "./steps.ts";

const INDENT = " ".repeat(10);

export function showExplanation(explanation: Explanation, prefix: string): string {
  const { token, identity, findings, parameter, user, refusal } = explanation;
  const lines = [
    ...(token === undefined
      ? []
      : [`token     ok, for ${token.host}, ends ${new Date(token.expiresAt).toISOString()}`]),
    ...(identity === undefined
      ? []
      : [
          `identity  ${identity.arn}`,
          ...(identity.canonicalArn === identity.arn ? [] : [`${INDENT}mapped as ${identity.canonicalArn}`]),
          `${INDENT}principal ${identity.principalId}${token === undefined ? " (supposed)" : ""}`,
        ]),
    ...(findings ?? []).map((finding, index) => {
      const head = index === 0 ? "mapping   " : INDENT;
      return `${head}${short(finding.parameter, prefix)}: ${verdictOf(finding)}${roleOf(finding, parameter)}`;
    }),
    ...(user === undefined ? [] : [`user      ${user.username}`, `groups    ${user.groups.join(", ") || "none"}`]),
    ...(refusal === undefined ? ["verdict   granted"] : refusalLines(refusal)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The message repeats what stands above it: its first part is enough. */
function refusalLines({ code, message }: NonNullable<Explanation["refusal"]>): string[] {
  const advice = adviceOn(code);
  const [reason = message] = message.split("; tried ");
  return [
    `verdict   refused, ${code}`,
    `reason    ${reason}`,
    ...(advice === undefined ? [] : [`to do     ${advice}`]),
  ];
}

function verdictOf({ verdict, invalidCount }: Finding): string {
  const invalid = invalidCount > 0 && verdict.kind !== "invalid" ? `, ${invalidCount} invalid` : "";
  switch (verdict.kind) {
    case "nothing":
      return `nothing${invalid}`;
    case "match":
      return `matches${invalid}`;
    case "deny":
      return "denies";
    case "invalid":
    case "mismatch":
      return `${verdict.kind}, ${verdict.problem}`;
  }
}

function roleOf({ parameter, verdict }: Finding, counted: string | undefined): string {
  if (parameter === counted) return "  <- counts";
  return verdict.kind === "nothing" ? "" : "  (shadowed)";
}
