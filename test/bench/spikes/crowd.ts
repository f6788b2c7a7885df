// The identities of a load spike, their mappings, and the expected result of each review.

import type { Ec2Instance } from "../../../local/ec2/describe-instances.ts";
import type { InstanceProfile } from "../../../local/ec2/get-instance-profile.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import type { Expected } from "./mistake.ts";

export interface Member {
  readonly identity: LocalIdentity;
  readonly expected: Expected;
}

export interface Crowd {
  readonly members: readonly Member[];
  readonly identities: readonly LocalIdentity[];
  /** Parameter values by full name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly nodes: { readonly instances: readonly Ec2Instance[]; readonly profiles: readonly InstanceProfile[] };
}

const ACCOUNT = "111122223333";
/** A deny list denies one in this many of the first 1,000 identities (a list has at most 4 KB). */
const DENIED_EVERY = 50;
const DENIED_AMONG = 1_000;

/** People and jobs with separate sessions, spread over this many roles. */
export function people(count: number, roles: number, prefix: string): Crowd {
  const members = Array.from({ length: count }, (_, index): Member => {
    const role = `Team${index % roles}`;
    const identity = session(index, role, `user-${index}@example.com`);
    if (index < DENIED_AMONG && index % DENIED_EVERY === 0)
      return { identity, expected: { denial: "identity_denied" } };
    const username = `team${index % roles}:user-${index}-example.com`;
    return { identity, expected: { username, groups: [`team-${index % roles}`] } };
  });
  const denied = members.filter(({ expected }) => "denial" in expected);
  const parameters: Record<string, string> = {
    [`${prefix}/deny/${ACCOUNT}`]: JSON.stringify(denied.map(({ identity }) => ({ arnLike: identity.arn }))),
  };
  for (let role = 0; role < roles; role += 1) {
    const arn = `arn:aws:iam::${ACCOUNT}:role/Team${role}`;
    const value = { arn, username: `team${role}:{SessionName}`, groups: [`team-${role}`] };
    parameters[`${prefix}/role/${ACCOUNT}/team${role}`] = JSON.stringify(value);
  }
  return crowd(members, parameters);
}

/** The same people with AWS-signed tokens: a tag is their name, and a role that no one has is denied. */
export function signedPeople(count: number, roles: number, prefix: string): Crowd {
  const { identities, parameters } = people(count, roles, prefix);
  const members = identities.map((identity, index): Member => {
    return {
      identity,
      expected: { username: `team${index % roles}:user-${index}`, groups: [`team-${index % roles}`] },
    };
  });
  const mapped = Object.entries(parameters).map(([name, value]) => [
    name,
    value.replace("{SessionName}", "{PrincipalTag:user}"),
  ]);
  const denied = JSON.stringify([{ arnLike: `arn:aws:iam::${ACCOUNT}:role/Former` }]);
  return crowd(members, { ...Object.fromEntries(mapped), [`${prefix}/deny/${ACCOUNT}`]: denied });
}

/** The claims of a member of `signedPeople`. */
export function claimsOf(index: number): Readonly<Record<string, unknown>> {
  return { principal_tags: { user: `user-${index}` } };
}

export const SIGNED_TOKENS = new Map([[ACCOUNT, "https://spike.tokens.sts.global.api.aws"]]);

/** Instances of one role; each must become the node of its private DNS name. */
export function nodes(count: number, prefix: string): Crowd {
  const arn = `arn:aws:iam::${ACCOUNT}:role/ClusterNode`;
  const groups = ["system:bootstrappers", "system:nodes"];
  const profileArn = `arn:aws:iam::${ACCOUNT}:instance-profile/ClusterNode`;
  const instances = Array.from({ length: count }, (_, index) => ({
    instanceId: `i-${index.toString(16).padStart(17, "0")}`,
    state: "running" as const,
    ownerId: ACCOUNT,
    privateDnsName: `ip-10-0-${index >> 8}-${index & 255}.us-west-2.compute.internal`,
    instanceProfileArn: profileArn,
  }));
  const members = instances.map(({ instanceId, privateDnsName }, index) => ({
    identity: session(index, "ClusterNode", instanceId),
    expected: { username: `system:node:${privateDnsName}`, groups },
  }));
  const value = { arn, username: "system:node:{EC2PrivateDNSName}", groups };
  const role = { roleName: "ClusterNode", roleId: roleId("ClusterNode"), arn };
  const profiles = [{ name: "ClusterNode", arn: profileArn, account: ACCOUNT, roles: [role] }];
  return {
    ...crowd(members, { [`${prefix}/role/${ACCOUNT}/clusternode`]: JSON.stringify(value) }),
    nodes: { instances, profiles },
  };
}

function crowd(members: readonly Member[], parameters: Readonly<Record<string, string>>): Crowd {
  const identities = members.map(({ identity }) => identity);
  return { members, identities, parameters, nodes: { instances: [], profiles: [] } };
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
    userId: `${roleId(role)}:${name}`,
  };
}

function roleId(role: string): string {
  return `AROASPIKE${role.toUpperCase().padEnd(12, "0")}`;
}
