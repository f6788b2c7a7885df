// The mappings of both servers from one list: the peer's configuration and our parameters.

import {
  encodeName,
  mappingParameter,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { MAPPING_PREFIX } from "../cluster/backend.ts";

/** An account without an account mapping. */
export const HOME = "111122223333";
/** An account with an account mapping. */
export const TEAM = "444455556666";
/** An account without mappings. */
export const STRANGE = "777788889999";

export const RESERVED_PREFIX = "reserved:";

/** The id of a role that was deleted and recreated with the same name. */
export const PINNED_ID = "AROAPINNEDLONGAGO0000";

/** Usernames and groups have the peer's placeholders. */
type Shared = readonly [username: string, groups?: readonly string[]];

const RAW = "raw:{{SessionNameRaw}}:{{AccountID}}:{{AccessKeyID}}";
const NODE = "system:node:{{EC2PrivateDNSName}}";
const RESERVED = `${RESERVED_PREFIX}{{SessionName}}`;

const ROLES: readonly (readonly [account: string, role: string, ...Shared])[] = [
  [HOME, "Developers", "dev:{{SessionName}}", ["developers", "of:{{SessionName}}"]],
  [HOME, "Plain", "plain"],
  [HOME, "Raw", RAW, ["account:{{AccountID}}"]],
  [HOME, "team/blue/Deployers", "deploy:{{SessionName}}"],
  [TEAM, "team/red/Deployers", "deploy:{{SessionName}}", ["deployers"]],
  [TEAM, "Known", "known:{{SessionName}}", ["known"]],
  [HOME, "Misspelt", "misspelt:{{Session}}"],
  [HOME, "Nameless", "", ["nameless"]],
  [HOME, "HollowGroup", "hollow", [""]],
  [HOME, "ReservedUser", RESERVED],
  [HOME, "ReservedGroup", "steered", [RESERVED]],
  [HOME, "Pinned", "pinned:{{SessionName}}"],
  [HOME, "Node", NODE, ["system:nodes"]],
];

const SSO: readonly (readonly [account: string, set: string, ...Shared])[] = [
  [HOME, "View", "view:{{SessionName}}", ["viewers"]],
  [TEAM, "View", "view:{{SessionName}}", ["viewers"]],
  [HOME, "ClusterAdmin", "admin:{{SessionName}}", ["system:masters"]],
  [HOME, "Audit", "audit:{{SessionName}}"],
];

const USERS: readonly (readonly [arn: string, ...Shared])[] = [
  [`arn:aws:iam::${HOME}:user/engineering/alice`, "alice", ["developers", "on-call"]],
  [`arn:aws:iam::${HOME}:user/oscar`, "oscar:{{AccountID}}:{{AccessKeyID}}"],
  [`arn:aws:iam::${HOME}:user/Sessionless`, "user:{{SessionName}}"],
  [`arn:aws:iam::${HOME}:root`, "root:{{AccountID}}", ["roots"]],
  [`arn:aws:sts::${HOME}:federated-user/dave`, "federated:dave", ["federated"]],
];

const arnOf = (account: string, role: string) => `arn:aws:iam::${account}:role/${role}`;

/** The keys below `server`, as in pkg/config/types.go. */
export const PEER_MAPPINGS = {
  mapRoles: [
    ...ROLES.map(([account, role, username, groups]) => ({
      rolearn: arnOf(account, role),
      ...(role === "Pinned" && { userid: PINNED_ID }),
      ...{ username, groups },
    })),
    ...SSO.map(([accountID, permissionSetName, username, groups]) => {
      // Ours have no partition.
      const partition = permissionSetName === "Audit" && { partition: "aws" };
      return { sso: { permissionSetName, accountID, ...partition }, username, groups };
    }),
  ],
  mapUsers: USERS.map(([userarn, username, groups]) => ({ userarn, username, groups })),
  mapAccounts: [TEAM],
  reservedPrefixConfig: [
    { backendMode: "MountedFile", usernamePrefixReserveList: [RESERVED_PREFIX] },
  ],
};

export function ourParameters(): Record<string, string> {
  const entries: [name: string, value: object][] = [
    ...ROLES.map(([account, role, ...shared]): [string, object] => [
      mappingParameter(MAPPING_PREFIX, "role", account, role.split("/").at(-1)),
      {
        arn: arnOf(account, role),
        ...(role === "Pinned" && { principalId: PINNED_ID }),
        ...ours(shared),
      },
    ]),
    ...SSO.map(([account, set, ...shared]): [string, object] => [
      mappingParameter(MAPPING_PREFIX, "sso", account, set),
      ours(shared),
    ]),
    ...USERS.map(([arn, ...shared]): [string, object] => [
      userParameter(arn),
      { arn, ...ours(shared) },
    ]),
    [mappingParameter(MAPPING_PREFIX, "account", TEAM), {}],
  ];
  return Object.fromEntries(entries.map(([name, value]) => [name, JSON.stringify(value)]));
}

function userParameter(arn: string): string {
  const [kind = "", ...rest] = (arn.split(":").at(-1) ?? "").split("/");
  const name = rest.at(-1);
  return `${MAPPING_PREFIX}/${kind}/${HOME}${name === undefined ? "" : `/${encodeName(name)}`}`;
}

/** Parameter Store rejects `{{`; an empty username is omitted. */
function ours([username, groups]: Shared): object {
  const single = (template: string): string => template.replaceAll("{{", "{").replaceAll("}}", "}");
  return {
    ...(username && { username: single(username) }),
    ...(groups && { groups: groups.map(single) }),
  };
}
