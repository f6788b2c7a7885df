// Warns of federated users, which a denial of a user does not cover: whoever has the user's key
// chooses their names (sts:GetFederationToken).

import { arnSections } from "../../../functions/authenticator/mapping/arn.ts";
import type { Connection } from "../../aws/connection.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { listed, shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { sectionsOverlap } from "../../model/entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "../../model/evaluation.ts";
import { activeDenials, deniesAll } from "../../model/name-denials.ts";
import { federatedUsers, type PossibleIdentity } from "../../model/person.ts";

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
  const adviceFor = (of: string) => {
    const { spell } = spellerFor(cluster, run.environment);
    return `To deny them too: ${spell("mappings deny", shellWord(everyFederatedUser(of, review)))}`;
  };
  if (stored === undefined) {
    run.log(
      `Warning: ${start}. Could not read which mappings grant them access. ${adviceFor(account)}\n`,
    );
    return;
  }
  const granting = grantedUsers(account, stored, review);
  if (granting.length === 0) return;
  const names = [...new Set(granting.map(({ mapping }) => mapping))];
  const verb = names.length === 1 ? "grants" : "grant";
  const [only = "*", ...others] = new Set(granting.map(accountIn));
  const of = others.length === 0 ? only : "*";
  run.log(
    `Warning: ${start} (sts:GetFederationToken): ${listed(names, "", 5)} ${verb} them access. ${adviceFor(of)}\n`,
  );
}

/** Returns the federated users of the account, or of `any`, that a mapping and no denial applies to. */
function grantedUsers(
  account: string,
  stored: StoredParameters,
  review: ReviewSettings,
): readonly PossibleIdentity[] {
  const everyUser = arnSections(everyFederatedUser(account, review));
  const mapped = federatedUsers(stored, review)
    .filter(({ arnLike }) => sectionsOverlap(everyUser, arnSections(arnLike)))
    .map((identity) => (account === "any" ? identity : ofAccount(account, identity)));
  if (mapped.length === 0) return [];
  const denials = activeDenials(stored, review);
  return mapped.filter((identity) => !denials.some((denial) => deniesAll(denial, identity)));
}

/** @param account or `any`, or a pattern of accounts */
function everyFederatedUser(account: string, { partition }: ReviewSettings): string {
  return `arn:${partition}:sts::${account === "any" ? "*" : account}:federated-user/*`;
}

function accountIn({ arnLike }: PossibleIdentity): string {
  return arnLike.split(":")[4] ?? "*";
}

/** A pattern of every account has the users of this one, too. */
function ofAccount(account: string, identity: PossibleIdentity): PossibleIdentity {
  const arnLike = identity.arnLike.split(":").with(4, account).join(":");
  return { ...identity, arnLike, canonicalLike: arnLike };
}
