// Deny lists as parameters: one for each account, and one for any. The function's own code checks every entry.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { checkDenyEntry, type DenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { knownPartition } from "./known-arn.ts";
import { addListParameter } from "./owned-parameter.ts";

/** A list that is invalid refuses everybody, so nothing invalid gets into one. Gives the function that appends. */
export function addDenials(scope: Construct, prefix: string, accountOrAny: string): (entry: DenyEntry) => void {
  const subject = `the denials of ${accountOrAny === "any" ? "any account" : `account ${accountOrAny}`}`;
  return addListParameter<DenyEntry>(scope, subject, denyParameter(prefix, accountOrAny));
}

/** The list that the entry belongs to: its account's or, where the account has a wildcard, that of any. Throws for a bad entry. */
export function denyListOf(scope: Construct, entry: DenyEntry): string {
  if (Token.isUnresolved(JSON.stringify(entry))) throw new Error("a denial must be known at synth: no tokens in it");
  const partition = knownPartition(scope);
  const check = checkDenyEntry(entry, partition === undefined ? {} : { partition });
  if (!check.valid) throw new Error(`the denial of ${entry.arnLike}: ${check.problem}`);
  const account = arnSections(entry.arnLike)?.[4] ?? "";
  return /^\d{12}$/.test(account) ? account : "any";
}
