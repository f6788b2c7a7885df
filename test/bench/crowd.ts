// Many identities, their mappings, and the expected result of each review.

import type { LocalIdentity } from "../../local/identities.ts";

/** The expected user, or code of a denial. */
export type Expected =
  | { readonly username: string; readonly groups: readonly string[] }
  | { readonly denial: string };

export type Crowd = ReturnType<typeof people>;

const ACCOUNT = "111122223333";
/** A deny list denies one in this many of the first 1,000 identities (a list has at most 4 KB). */
const DENIED_EVERY = 50;
const DENIED_AMONG = 1_000;

/**
 * The issuer of the account's AWS-signed tokens, and the claims that name a person in one: it has
 * no session name.
 */
export const SIGNED = {
  issuers: new Map([
    [ACCOUNT, "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws"],
  ]),
  claimsOf: ({ name }: LocalIdentity) => ({ principal_tags: { user: name.split("@")[0] } }),
};

/**
 * People and jobs with separate sessions, spread over this many roles. A deny list denies some,
 * unless `isSigned`: no entry of a session fits AWS-signed tokens.
 */
export function people(count: number, roles: number, prefix: string, { isSigned = false } = {}) {
  const members = Array.from(
    { length: count },
    (_, index): { identity: LocalIdentity; expected: Expected } => {
      const identity = session(index, `Team${index % roles}`, `user-${index}@example.com`);
      const isDenied = !isSigned && index < DENIED_AMONG && index % DENIED_EVERY === 0;
      if (isDenied) return { identity, expected: { denial: "identity_denied" } };
      const username = `team${index % roles}:user-${index}${isSigned ? "" : "-example.com"}`;
      return { identity, expected: { username, groups: [`team-${index % roles}`] } };
    },
  );
  const denied = members.flatMap(({ identity, expected }) =>
    "denial" in expected ? identity.arn : [],
  );
  if (isSigned) denied.push(`arn:aws:iam::${ACCOUNT}:role/Former`);
  /** Values by full name. */
  const parameters: Record<string, string> = {
    [`${prefix}/deny/${ACCOUNT}`]: JSON.stringify(denied.map((arnLike) => ({ arnLike }))),
  };
  for (let role = 0; role < roles; role += 1) {
    const arn = `arn:aws:iam::${ACCOUNT}:role/Team${role}`;
    const value = {
      arn,
      username: `team${role}:{${isSigned ? "PrincipalTag:user" : "SessionName"}}`,
      groups: [`team-${role}`],
    };
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
    sessionToken: Buffer.from(`local session of ${name}, not a real one `.repeat(4)).toString(
      "base64",
    ),
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
    account: ACCOUNT,
    userId: `AROASPIKE${role.toUpperCase().padEnd(12, "0")}:${name}`,
  };
}
