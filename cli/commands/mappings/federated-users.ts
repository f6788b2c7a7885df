// Warns of federated users, which a denial of a user does not cover: whoever has the user's key
// chooses their names (sts:GetFederationToken).

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../../aws/connection.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { listed, shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import {
  decide,
  type ReviewSettings,
  type StoredParameters,
  shortName,
  supposeIdentity,
} from "../../model/evaluation.ts";
import { mayBeEnded } from "./deny-effect.ts";

/** No federated user and no account has this name. */
const NONE = "000000000000";

/**
 * Warns if mappings grant access to federated users that no denial covers.
 *
 * @param account of the denied user, or `any`
 * @param stored the parameters after the denial; `undefined` if they could not be read
 * @param start of the warning
 */
export function warnOfFederatedUsers(
  start: string,
  account: string,
  stored: StoredParameters | undefined,
  cluster: ChosenCluster,
  { review }: Connection,
  run: Run,
): void {
  const { spell } = spellerFor(cluster, run.environment);
  const adviceFor = (of: string) =>
    `To deny them too: ${spell("mappings deny", shellWord(federatedUsers(of, review)))}`;
  if (stored === undefined) {
    run.log(
      `Warning: ${start}. Could not read which mappings grant them access. ${adviceFor(account)}\n`,
    );
    return;
  }
  const granting = mayBeEnded(federatedUsers(account, review), stored, review).filter(
    (name) => !isDenied(accountIn(name, review), stored, review),
  );
  if (granting.length === 0) return;
  const names = granting.map((name) => shortName(name, review.prefix));
  const verb = names.length === 1 ? "grants" : "grant";
  const accounts = new Set(granting.map((name) => accountIn(name, review)));
  const [only = "any", ...others] = accounts;
  const of = account === "any" && others.length === 0 ? only : account;
  run.log(
    `Warning: ${start} (sts:GetFederationToken): ${listed(names, "", 5)} ${verb} them access. ${adviceFor(of)}\n`,
  );
}

function accountIn(name: string, { prefix }: ReviewSettings): string {
  return readName(prefix, name)?.account ?? "any";
}

/** Returns the pattern for every federated user of an account, or of any. */
export function federatedUsers(account: string, { partition }: ReviewSettings): string {
  return `arn:${partition}:sts::${account === "any" ? "*" : account}:federated-user/*`;
}

/** Returns whether a denial covers a federated user whatever its name is. */
function isDenied(account: string, stored: StoredParameters, review: ReviewSettings): boolean {
  const all = federatedUsers(account, review);
  const sample = supposeIdentity(all.replaceAll("*", NONE));
  return sample !== undefined && decide(review, sample, stored).deciding?.verdict.kind === "deny";
}
