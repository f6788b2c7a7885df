// The mappings of both servers from one list: the peer's configuration and our parameters.

import { encodeName, mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { MAPPING_PREFIX } from "../cluster/mappings.ts";

/** An account without an account mapping. */
export const HOME = "111122223333";
/** An account with an account mapping. */
export const TEAM = "444455556666";
/** An account without mappings. */
export const STRANGE = "777788889999";

export const RESERVED_PREFIX = "reserved:";

interface Shared {
  /** With the peer's placeholder syntax. */
  readonly username: string;
  readonly groups?: readonly string[];
}
interface OfRole extends Shared {
  readonly account: string;
  /** With its path. */
  readonly role: string;
  readonly principalId?: string;
}
interface OfSso extends Shared {
  readonly account: string;
  readonly set: string;
  readonly partition?: string;
}
interface OfUser extends Shared {
  readonly arn: string;
}

/** The id of a role that was deleted and recreated with the same name. */
export const PINNED_ID = "AROAPINNEDLONGAGO0000";

const ROLES: readonly OfRole[] = [
  { account: HOME, role: "Developers", username: "dev:{{SessionName}}", groups: ["developers", "of:{{SessionName}}"] },
  { account: HOME, role: "Plain", username: "plain" },
  {
    account: HOME,
    role: "Raw",
    username: "raw:{{SessionNameRaw}}:{{AccountID}}:{{AccessKeyID}}",
    groups: ["account:{{AccountID}}"],
  },
  { account: HOME, role: "team/blue/Deployers", username: "deploy:{{SessionName}}" },
  { account: TEAM, role: "team/red/Deployers", username: "deploy:{{SessionName}}", groups: ["deployers"] },
  { account: TEAM, role: "Known", username: "known:{{SessionName}}", groups: ["known"] },
  { account: HOME, role: "Misspelt", username: "misspelt:{{Session}}" },
  { account: HOME, role: "Nameless", username: "", groups: ["nameless"] },
  { account: HOME, role: "HollowGroup", username: "hollow", groups: [""] },
  { account: HOME, role: "ReservedUser", username: `${RESERVED_PREFIX}{{SessionName}}` },
  { account: HOME, role: "ReservedGroup", username: "steered", groups: [`${RESERVED_PREFIX}{{SessionName}}`] },
  { account: HOME, role: "Pinned", username: "pinned:{{SessionName}}", principalId: PINNED_ID },
  { account: HOME, role: "Node", username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes"] },
];

const SSO: readonly OfSso[] = [
  { account: HOME, set: "View", username: "view:{{SessionName}}", groups: ["viewers"] },
  { account: TEAM, set: "View", username: "view:{{SessionName}}", groups: ["viewers"] },
  { account: HOME, set: "ClusterAdmin", username: "admin:{{SessionName}}", groups: ["system:masters"] },
  { account: HOME, set: "Audit", partition: "aws", username: "audit:{{SessionName}}" },
];

const USERS: readonly OfUser[] = [
  { arn: `arn:aws:iam::${HOME}:user/engineering/alice`, username: "alice", groups: ["developers", "on-call"] },
  { arn: `arn:aws:iam::${HOME}:user/oscar`, username: "oscar:{{AccountID}}:{{AccessKeyID}}" },
  { arn: `arn:aws:iam::${HOME}:user/Sessionless`, username: "user:{{SessionName}}" },
  { arn: `arn:aws:iam::${HOME}:root`, username: "root:{{AccountID}}", groups: ["roots"] },
  { arn: `arn:aws:sts::${HOME}:federated-user/dave`, username: "federated:dave", groups: ["federated"] },
];

/** The keys below `server`, as in pkg/config/types.go. */
export const PEER_MAPPINGS = {
  mapRoles: [
    ...ROLES.map(({ account, role, principalId, ...shared }) => ({
      rolearn: `arn:aws:iam::${account}:role/${role}`,
      ...(principalId !== undefined && { userid: principalId }),
      ...shared,
    })),
    ...SSO.map(({ account, set, partition, ...shared }) => ({
      sso: { permissionSetName: set, accountID: account, ...(partition !== undefined && { partition }) },
      ...shared,
    })),
  ],
  mapUsers: USERS.map(({ arn, ...shared }) => ({ userarn: arn, ...shared })),
  mapAccounts: [TEAM],
  reservedPrefixConfig: [{ backendMode: "MountedFile", usernamePrefixReserveList: [RESERVED_PREFIX] }],
};

/** Parameter values by full name. */
export function ourParameters(): Record<string, string> {
  const entries: [name: string, value: object][] = [
    ...ROLES.map(({ account, role, principalId, ...shared }): [string, object] => [
      mappingParameter(MAPPING_PREFIX, "role", account, role.split("/").at(-1)),
      {
        arn: `arn:aws:iam::${account}:role/${role}`,
        ...(principalId !== undefined && { principalId }),
        ...ours(shared),
      },
    ]),
    ...SSO.map(({ account, set, username, groups }): [string, object] => [
      mappingParameter(MAPPING_PREFIX, "sso", account, set),
      ours({ username, ...(groups !== undefined && { groups }) }),
    ]),
    ...USERS.map(({ arn, ...shared }): [string, object] => [userParameter(arn), { arn, ...ours(shared) }]),
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
function ours({ username, groups }: Shared): Shared | object {
  const single = (template: string): string => template.replaceAll("{{", "{").replaceAll("}}", "}");
  return { ...(username && { username: single(username) }), ...(groups && { groups: groups.map(single) }) };
}
