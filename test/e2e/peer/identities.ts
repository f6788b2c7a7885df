// The signers of tokens: identities of the local STS, by matching or missing mapping. And their
// requests in parts, so that tests can damage one part before it becomes a URL.

import { encode, type Parameter } from "../../../local/aws/signature.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { presignUrl, type TokenOptions } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { tokenOf } from "../../token.ts";
import { HOME, PINNED_ID, STRANGE, TEAM } from "./mappings.ts";

export type Told = Pick<LocalIdentity, "arn" | "account" | "userId">;

const HEX = "0123456789abcdef";
export const ROLE_ID = "AROAODDODDODDODDODD00";
export const USER_ID = "AIDAODDODDODDODDODD00";

export function role(
  account: string,
  name: string,
  session = "jane@example.com",
  id = ROLE_ID,
): Told {
  return {
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    account,
    userId: `${id}:${session}`,
  };
}

export function user(account: string, resource: string, userId = USER_ID): Told {
  return { arn: `arn:aws:iam::${account}:${resource}`, account, userId };
}

function federated(account: string, name: string): Told {
  return {
    arn: `arn:aws:sts::${account}:federated-user/${name}`,
    account,
    userId: `${account}:${name}`,
  };
}

/** Both servers grant them as the same user. */
const GRANTED = {
  developer: role(HOME, "Developers"),
  "developer in other letters": role(HOME, "dEvelOperS"),
  plain: role(HOME, "Plain"),
  raw: role(HOME, "Raw", "_+=,.@-"),
  "known role of a mapped account": role(TEAM, "Known"),
  "any role of a mapped account": role(TEAM, "Any+=,.@-"),
  "any user of a mapped account": user(TEAM, "user/any"),
  "root of a mapped account": user(TEAM, "root", TEAM),
  user: user(HOME, "user/engineering/alice"),
  "user in other letters": user(HOME, "user/Engineering/ALICE"),
  "user with placeholders": user(HOME, "user/oscar"),
  root: user(HOME, "root", HOME),
  federated: federated(HOME, "dave"),
  administrator: role(HOME, `AWSReservedSSO_ClusterAdmin_${HEX}`),
  viewer: role(HOME, `AWSReservedSSO_View_${HEX}`),
  "pinned, the very role": role(HOME, "Pinned", "jane", PINNED_ID),
} as const;

const DENIED = {
  unmapped: role(HOME, "Unmapped"),
  stranger: role(STRANGE, "Developers"),
  "strange user": user(STRANGE, "user/engineering/alice"),
  "reserved username": role(HOME, "ReservedUser"),
  "session is no instance": role(HOME, "Node"),
} as const;

const OTHERS = {
  "pinned, a later role": role(HOME, "Pinned"),
  "role with a path": role(HOME, "Deployers"),
  "role with a path, mapped account": role(TEAM, "Deployers"),
  "user at another path": user(HOME, "user/operations/alice"),
  "federated in other letters": federated(HOME, "Dave"),
  "longer set": role(HOME, `AWSReservedSSO_View_Admin_${HEX}`),
  "longer set, mapped account": role(TEAM, `AWSReservedSSO_View_Admin_${HEX}`),
  "set without its suffix": role(HOME, "AWSReservedSSO_View_0123"),
  "set with a partition": role(HOME, `AWSReservedSSO_Audit_${HEX}`),
  "misspelt placeholder": role(HOME, "Misspelt"),
  "no username": role(HOME, "Nameless"),
  "empty group": role(HOME, "HollowGroup"),
  "reserved group": role(HOME, "ReservedGroup"),
  "placeholder without value": user(HOME, "user/Sessionless"),
} as const;

export type Name = keyof typeof GRANTED | keyof typeof DENIED | keyof typeof OTHERS;
export const GRANTED_BY_BOTH = Object.keys(GRANTED) as readonly Name[];
export const DENIED_BY_BOTH = Object.keys(DENIED) as readonly Name[];

/** With keys; all except users and root have a session token. */
export const IDENTITIES: readonly LocalIdentity[] = Object.entries({
  ...GRANTED,
  ...DENIED,
  ...OTHERS,
}).map(([name, told], index) => ({
  name,
  accessKeyId: `ASIA${String(index).padStart(16, "0")}`,
  secretAccessKey: `secret/${index}`.padEnd(40, "/"),
  ...(told.arn.includes(":sts:") && { sessionToken: "session/+==".repeat(20) }),
  ...told,
}));

export function identityOf(name: Name): LocalIdentity {
  const found = IDENTITIES.find((identity) => identity.name === name);
  if (found === undefined) throw new Error(`no identity ${name}`);
  return found;
}

let signed = 0;

/** By default, a valid request. Each is another one: STS ignores X-Amz-Expires. */
export async function presign(given: Partial<TokenOptions> = {}) {
  signed += 1;
  const usual = {
    identity: identityOf("developer"),
    clusterId: CLUSTER_ID,
    region: REGION,
    expiresIn: signed,
  };
  const { host, searchParams } = new URL(await presignUrl({ ...usual, ...given }));
  const query: readonly Parameter[] = [...searchParams];
  return { scheme: "https", host, path: "/", query };
}

export type Presigned = Awaited<ReturnType<typeof presign>>;

export function render({ scheme, host, path, query }: Presigned): string {
  return `${scheme}://${host}${path}?${query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}

export async function goodToken(given: Partial<TokenOptions> = {}): Promise<string> {
  return tokenOf(render(await presign(given)));
}
