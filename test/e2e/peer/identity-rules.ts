// Rules for identities that STS never returns; our server rejects them.

import type { Rule } from "./rule.ts";

const IMPOSSIBLE = "denied (identity_impossible)";
const CANONICALIZE = "`arn.go` Canonicalize";

export const IDENTITY_RULES: readonly Rule[] = [
  {
    section: "4",
    says: "the ARN's partition equals the function's",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: `${CANONICALIZE}: any of eight`,
    holds: told(({ partition }) => partition !== "aws"),
  },
  {
    section: "4",
    says: "the account inside the ARN equals `Account`",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: "`token.go` getIdentityFromSTSResponse: not compared",
    holds: told(({ account, Account }) => account !== Account),
  },
  {
    section: "4, 11",
    says: "users, assumed roles, federated users and root; no other kind, no role with a path",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: `${CANONICALIZE}: by the first word of the resource`,
    holds: told(({ region, principal }) => {
      return (
        region !== "" ||
        !/^(iam:user\/.*|iam:root|sts:assumed-role\/[^/]*\/[^/]*|sts:federated-user\/[^/]*)$/s.test(principal)
      );
    }),
  },
  {
    section: "11",
    says: "the session in UserId is the ARN's",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: "`token.go` getIdentityFromSTSResponse: UserId's counts",
    holds: told(({ principal, UserId }) => {
      return (
        principal.includes(":assumed-role/") && UserId.split(":").slice(1).join(":") !== principal.split("/").at(-1)
      );
    }),
  },
  {
    section: "4",
    says: "UserId matches the kind of identity",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: "`token.go` getIdentityFromSTSResponse: for a role two parts, else anything",
    holds: told(({ principal, Account, UserId }) => {
      if (principal.includes(":root")) return UserId !== Account;
      if (principal.includes(":federated-user/")) return UserId !== `${Account}:${principal.split("/").at(-1)}`;
      return !/^[A-Z0-9]+$/.test(principal.includes(":assumed-role/") ? (UserId.split(":")[0] ?? "") : UserId);
    }),
  },
  {
    section: "4",
    says: "names and sessions have IAM's characters and length",
    ours: IMPOSSIBLE,
    theirs: "granted",
    peer: `${CANONICALIZE}: anything`,
    holds: told(({ principal }) => {
      const names = principal.split("/").slice(1);
      return names.length > 0 && !/^[\w+=,.@-]{1,128}$/.test(names.at(-1) ?? "");
    }),
  },
];

interface ToldParts {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Service and resource. */
  readonly principal: string;
  readonly Account: string;
  readonly UserId: string;
}

/** Matches identities in fabricated STS responses. */
function told(holds: (parts: ToldParts) => boolean): Rule["holds"] {
  return ({ answer }) => {
    const text = answer?.status === 200 ? answer.text : "";
    const [, account, arn, userId] = /\{"Account":("[^"]*"),"Arn":("[^"]*"),"UserId":("[^"]*")\}/.exec(text) ?? [];
    if (account === undefined || arn === undefined || userId === undefined) return false;
    const [, partition = "", service, region = "", accountId = "", ...resource] = String(JSON.parse(arn)).split(":");
    return holds({
      partition,
      region,
      account: accountId,
      principal: `${service}:${resource.join(":")}`,
      Account: JSON.parse(account),
      UserId: JSON.parse(userId),
    });
  };
}
