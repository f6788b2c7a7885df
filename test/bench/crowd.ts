// Many identities, their mappings, and the expected result of each review.

import type { LocalIdentity } from "../../local/identities.ts";

/** The expected user, or code of a denial. */
export type Expected = { readonly username: string; readonly groups: readonly string[] } | { readonly denial: string };

export type Crowd = ReturnType<typeof people>;

const ACCOUNT = "111122223333";
/** A deny list denies one in this many of the first 1,000 identities (a list has at most 4 KB). */
const DENIED_EVERY = 50;
const DENIED_AMONG = 1_000;

/** People and jobs with separate sessions, spread over this many roles. A deny list denies some. */
export function people(count: number, roles: number, prefix: string) {
  const members = Array.from({ length: count }, (_, index): { identity: LocalIdentity; expected: Expected } => {
    const identity = session(index, `Team${index % roles}`, `user-${index}@example.com`);
    const isDenied = index < DENIED_AMONG && index % DENIED_EVERY === 0;
    if (isDenied) return { identity, expected: { denial: "identity_denied" } };
    const username = `team${index % roles}:user-${index}-example.com`;
    return { identity, expected: { username, groups: [`team-${index % roles}`] } };
  });
  const denied = members.filter(({ expected }) => "denial" in expected);
  /** Values by full name. */
  const parameters: Record<string, string> = {
    [`${prefix}/deny/${ACCOUNT}`]: JSON.stringify(denied.map(({ identity }) => ({ arnLike: identity.arn }))),
  };
  for (let role = 0; role < roles; role += 1) {
    const arn = `arn:aws:iam::${ACCOUNT}:role/Team${role}`;
    const value = { arn, username: `team${role}:{SessionName}`, groups: [`team-${role}`] };
    parameters[`${prefix}/role/${ACCOUNT}/team${role}`] = JSON.stringify(value);
  }
  return { members, identities: members.map(({ identity }) => identity), parameters };
}

function session(index: number, role: string, name: string): LocalIdentity {
  const accessKeyId = `ASIASPIKE${String(index).padStart(11, "0")}`;
  return {
    name,
    accessKeyId,
    secretAccessKey: `local/only/${accessKeyId}`.padEnd(40, "/"),
    sessionToken: Buffer.from(`local session of ${name}, not a real one `.repeat(4)).toString("base64"),
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
    account: ACCOUNT,
    userId: `AROASPIKE${role.toUpperCase().padEnd(12, "0")}:${name}`,
  };
}
