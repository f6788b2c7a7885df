// 200 identities of every mapped kind, with the expected user of each.

import type { LocalIdentity } from "../../../local/identities.ts";
import { MAPPING_PREFIX } from "../cluster/mappings.ts";

export interface Member {
  readonly identity: LocalIdentity;
  /** Mapping parameters by name; empty for an unmapped identity. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Absent: denied. */
  readonly username?: string;
  readonly groups?: readonly string[];
}

const ACCOUNT = "111122223333";

/** Kinds in rotation; one identity in twenty is denied. */
const KINDS: ((id: string) => Member)[] = [
  ...Array(9).fill(mappedRole),
  ...Array(6).fill(mappedUser),
  ...Array(4).fill(permissionSet),
];

export function createCrowd(size: number): Member[] {
  return Array.from({ length: size }, (_, index) => {
    const id = String(index).padStart(4, "0");
    if (index % 40 === 39) return { identity: role(id, `Stranger${id}`), parameters: {} };
    if (index % 40 === 19) return deniedUser(id);
    return (KINDS[index % KINDS.length] ?? mappedRole)(id);
  });
}

function mappedRole(id: string): Member {
  const arn = `arn:aws:iam::${ACCOUNT}:role/Team${id}`;
  return member(role(id, `Team${id}`), `role/${ACCOUNT}/team${id}`, `team${id}:`, [`team-${id}`], { arn });
}

function permissionSet(id: string): Member {
  const identity = role(id, `AWSReservedSSO_Set${id}_0123456789abcdef`);
  return member(identity, `sso/${ACCOUNT}/set${id}`, `sso${id}:`, ["sso", `set-${id}`]);
}

/** A member with the user name `<prefix><session>`. */
function member(identity: LocalIdentity, below: string, prefix: string, groups: string[], more: object = {}): Member {
  const value = { ...more, username: `${prefix}{SessionName}`, groups };
  const session = identity.userId.split(":")[1] ?? "";
  return { identity, parameters: parameter(below, value), username: prefix + session.replace("@", "-"), groups };
}

function mappedUser(id: string): Member {
  const [identity, username, groups] = [user(id), `user-${id}`, [`user-group-${id}`]];
  const parameters = parameter(`user/${ACCOUNT}/user${id}`, { arn: identity.arn, username, groups });
  return { identity, parameters, username, groups };
}

function deniedUser(id: string): Member {
  const identity = user(id);
  return { identity, parameters: parameter(`user/${ACCOUNT}/user${id}`, { arn: identity.arn }) };
}

function parameter(below: string, value: object): Record<string, string> {
  return { [`${MAPPING_PREFIX}/${below}`]: JSON.stringify(value) };
}

function user(id: string): LocalIdentity {
  const arn = `arn:aws:iam::${ACCOUNT}:user/user${id}`;
  return {
    name: `user${id}`,
    ...keys(`AKIALOCALLOAD000${id}`),
    arn,
    account: ACCOUNT,
    userId: `AIDALOCALLOAD0000${id}`,
  };
}

function role(id: string, name: string): LocalIdentity {
  const session = `user-${id}@example.com`;
  return {
    name,
    ...keys(`ASIALOCALLOAD000${id}`),
    sessionToken: Buffer.from(`local session of ${session}, not a real one `.repeat(4)).toString("base64"),
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/${session}`,
    account: ACCOUNT,
    userId: `AROALOCALLOAD0000${id}:${session}`,
  };
}

function keys(accessKeyId: string): Pick<LocalIdentity, "accessKeyId" | "secretAccessKey"> {
  return { accessKeyId, secretAccessKey: `local/only/${accessKeyId}`.padEnd(40, "/") };
}
