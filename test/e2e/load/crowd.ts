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

type Maker = (id: string) => Member;

/** Kinds in rotation; one identity in twenty is denied. */
const KINDS: readonly Maker[] = [
  ...Array<Maker>(9).fill(mappedRole),
  ...Array<Maker>(6).fill(mappedUser),
  ...Array<Maker>(4).fill(permissionSet),
];

export function createCrowd(size: number): Member[] {
  return Array.from({ length: size }, (_, index) => {
    const id = String(index).padStart(4, "0");
    if (index % 40 === 39) return unmappedRole(id);
    if (index % 40 === 19) return deniedUser(id);
    return (KINDS[index % KINDS.length] ?? mappedRole)(id);
  });
}

function mappedRole(id: string): Member {
  const arn = `arn:aws:iam::${ACCOUNT}:role/Team${id}`;
  const groups = [`team-${id}`];
  return {
    identity: roleIdentity(id, `Team${id}`),
    parameters: parameter(`role/${ACCOUNT}/team${id}`, { arn, username: `team${id}:{SessionName}`, groups }),
    username: `team${id}:user-${id}-example.com`,
    groups,
  };
}

function permissionSet(id: string): Member {
  const groups = ["sso", `set-${id}`];
  return {
    identity: roleIdentity(id, `AWSReservedSSO_Set${id}_0123456789abcdef`),
    parameters: parameter(`sso/${ACCOUNT}/set${id}`, { username: `sso${id}:{SessionName}`, groups }),
    username: `sso${id}:user-${id}-example.com`,
    groups,
  };
}

function mappedUser(id: string): Member {
  const identity = userIdentity(id);
  const groups = [`user-group-${id}`];
  const value = { arn: identity.arn, username: `user-${id}`, groups };
  return { identity, parameters: parameter(`user/${ACCOUNT}/user${id}`, value), username: `user-${id}`, groups };
}

function deniedUser(id: string): Member {
  const identity = userIdentity(id);
  return { identity, parameters: parameter(`user/${ACCOUNT}/user${id}`, { arn: identity.arn }) };
}

function unmappedRole(id: string): Member {
  return { identity: roleIdentity(id, `Stranger${id}`), parameters: {} };
}

function parameter(below: string, value: object): Record<string, string> {
  return { [`${MAPPING_PREFIX}/${below}`]: JSON.stringify(value) };
}

function userIdentity(id: string): LocalIdentity {
  return {
    name: `user${id}`,
    ...keys(`AKIALOCALLOAD000${id}`),
    arn: `arn:aws:iam::${ACCOUNT}:user/user${id}`,
    account: ACCOUNT,
    userId: `AIDALOCALLOAD0000${id}`,
  };
}

function roleIdentity(id: string, role: string): LocalIdentity {
  const session = `user-${id}@example.com`;
  return {
    name: role,
    ...keys(`ASIALOCALLOAD000${id}`),
    sessionToken: Buffer.from(`local session of ${session}, not a real one `.repeat(4)).toString("base64"),
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
    account: ACCOUNT,
    userId: `AROALOCALLOAD0000${id}:${session}`,
  };
}

function keys(accessKeyId: string): Pick<LocalIdentity, "accessKeyId" | "secretAccessKey"> {
  return { accessKeyId, secretAccessKey: `local/only/${accessKeyId}`.padEnd(40, "/") };
}
