// Creates the parameters with deny lists, one for each account and one for `any`. Validates entries like the function.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { arnSections, secondArnProblem } from "../../functions/authenticator/mapping/arn-like.ts";
import { checkDenyEntry, type DenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { knownPartition } from "./known-arn.ts";
import { appendEntry } from "./owned-parameter.ts";

/**
 * Appends to the list of the entry's account, or of `any` if the account has a wildcard. Throws for an invalid entry, since
 * an invalid list denies every identity that it covers.
 */
export function addDenial(scope: Construct, prefix: string, entry: DenyEntry): void {
  if (Token.isUnresolved(JSON.stringify(entry))) throw new Error("a denial must be known at synth, without tokens");
  const partition = knownPartition(scope);
  const check = checkDenyEntry(entry, partition === undefined ? {} : { partition });
  const problem = check.valid ? secondArnProblem(entry.arnLike) : check.problem;
  if (problem !== undefined) throw new Error(`the denial of ${entry.arnLike}: ${problem}`);
  const account = arnSections(entry.arnLike)?.[4] ?? "";
  const [list, subject] = /^\d{12}$/.test(account) ? [account, `account ${account}`] : ["any", "any account"];
  appendEntry(scope, `the denials of ${subject}`, denyParameter(prefix, list), entry);
}
