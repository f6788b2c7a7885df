// IAM and STS in the fake's AWS CLI.

import type { LocalIdentity } from "../../../local/identities.ts";
import { AwsError } from "../aws.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, type Calls, type Cloud, type Input } from "./cloud.ts";

export const SSO_PROFILE = "admin";
const SSO_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_ClusterAdmin_0123456789abcdef/alice`;
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

/** AssumeRole's default. */
const SESSION_MS = 3_600_000;

export function access(cloud: Cloud, clock: VirtualClock): Calls {
  const [roles, users] = [cloud.resources["AWS::IAM::Role"], cloud.resources["AWS::IAM::User"]];
  const known = <T>(map: ReadonlyMap<string, T>, name: string): T => {
    const found = map.get(name);
    if (found === undefined) throw new AwsError("NoSuchEntity", `${name} cannot be found`);
    return found;
  };
  /** New keys; temporary ones have a lifetime. */
  const add = (arn: string, lifetimeMs?: number): LocalIdentity => {
    const isTemporary = lifetimeMs !== undefined;
    const number = String(cloud.keys.size).padStart(16, "0");
    const identity = {
      name: arn,
      accessKeyId: `${isTemporary ? "ASIA" : "AKIA"}${number}`,
      secretAccessKey: `secret/${number}`.padEnd(40, "/"),
      ...(isTemporary && { sessionToken: `session-of-${number}`, expiresAt: clock.now() + lifetimeMs }),
      arn,
      account: ACCOUNT,
      userId: number,
    };
    cloud.keys.set(identity.accessKeyId, identity);
    return identity;
  };
  const assumed = (role: string, session: string, lifetimeMs = SESSION_MS) => {
    const identity = add(`arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`, lifetimeMs);
    return { Credentials: credentialsOf(identity), AssumedRoleUser: { Arn: identity.arn } };
  };
  const policiesOf = (principal: string) => {
    const policies = cloud.policies.get(principal) ?? new Map<string, string>();
    cloud.policies.set(principal, policies);
    return policies;
  };
  /** The calls about inline policies of roles, or of users. */
  const policyCalls = (kind: "role" | "user", key: "RoleName" | "UserName"): Calls => {
    const of = (input: Input) => {
      known<unknown>(kind === "role" ? roles : users, input[key]);
      return policiesOf(`${kind}/${input[key]}`);
    };
    return {
      [`iam put-${kind}-policy`]: (input) => of(input).set(input["PolicyName"], input["PolicyDocument"]) && {},
      [`iam list-${kind}-policies`]: (input) => ({ PolicyNames: [...of(input).keys()] }),
      [`iam delete-${kind}-policy`]: (input) => {
        if (!of(input).delete(input["PolicyName"])) throw new AwsError("NoSuchEntity", "The policy cannot be found");
        return {};
      },
    };
  };

  return {
    "sts get-caller-identity": () => ({ Account: ACCOUNT, Arn: OPERATOR }),
    "sts assume-role": ({ RoleArn, RoleSessionName, DurationSeconds = 3600, Tags, SourceIdentity }) => {
      const role = RoleArn.split("/").at(-1) ?? "";
      const { trust } = known(roles, role);
      const isAllowed = (given: unknown, action: string) => given === undefined || trust.includes(action);
      if (!isAllowed(Tags, "sts:TagSession") || !isAllowed(SourceIdentity, "sts:SetSourceIdentity")) {
        throw new AwsError("AccessDenied", "Not authorized");
      }
      const answer = assumed(role, RoleSessionName, Number(DurationSeconds) * 1000);
      cloud.sessions.set(answer.Credentials.AccessKeyId, {
        tags: tagsIn(Tags),
        sourceIdentity: SourceIdentity === undefined ? undefined : SourceIdentity,
      });
      return answer;
    },
    "sts get-session-token": (_, identity) => {
      const made = add(identity?.arn ?? "", SESSION_MS);
      cloud.sessions.set(made.accessKeyId, { tags: {}, sourceIdentity: undefined, isOfUser: true });
      return { Credentials: credentialsOf(made) };
    },
    "sts assume-role-with-web-identity": ({ RoleArn, WebIdentityToken }) => {
      const [, claims = ""] = WebIdentityToken.split(".");
      const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { sub: string };
      if (sub !== "system:serviceaccount:acceptance:probe") throw new AwsError("AccessDenied", "Not authorized");
      return assumed(RoleArn.split("/")[1] ?? "", "probe");
    },
    "iam create-role": ({ RoleName, Path = "/", AssumeRolePolicyDocument, Tags }) => {
      if (roles.has(RoleName)) throw new AwsError("EntityAlreadyExists", "it exists");
      const arn = `arn:aws:iam::${ACCOUNT}:role${Path}${RoleName}`;
      const role = { arn, trust: AssumeRolePolicyDocument, tags: tagsIn(Tags), isAttached: false };
      roles.set(RoleName, role);
      return { Role: { Arn: arn } };
    },
    "iam get-role": ({ RoleName }) => ({ Role: { Arn: known(roles, RoleName).arn } }),
    ...policyCalls("role", "RoleName"),
    ...policyCalls("user", "UserName"),
    "iam list-attached-role-policies": ({ RoleName }) => ({
      AttachedPolicies: known(roles, RoleName).isAttached ? [{ PolicyArn: "arn:aws:iam::aws:policy/any" }] : [],
    }),
    "iam detach-role-policy": ({ RoleName }) => {
      known(roles, RoleName).isAttached = false;
      return {};
    },
    "iam delete-role": ({ RoleName }) => {
      if (known(roles, RoleName).isAttached || policiesOf(`role/${RoleName}`).size > 0)
        throw new AwsError("DeleteConflict", "The role has policies");
      return roles.delete(RoleName) && {};
    },
    "iam create-user": ({ UserName }) => {
      if (users.has(UserName)) throw new AwsError("EntityAlreadyExists", "it exists");
      const Arn = `arn:aws:iam::${ACCOUNT}:user/${UserName}`;
      users.set(UserName, Arn);
      return { User: { Arn } };
    },
    "iam get-user": ({ UserName }) => ({ User: { Arn: known(users, UserName) } }),
    "iam create-access-key": ({ UserName }) => {
      const { accessKeyId, secretAccessKey } = add(known(users, UserName));
      return { AccessKey: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } };
    },
    "iam list-access-keys": ({ UserName }) => ({
      AccessKeyMetadata: [...cloud.keys.values()]
        .filter(({ arn }) => arn === users.get(UserName))
        .map(({ accessKeyId }) => ({ AccessKeyId: accessKeyId })),
    }),
    "iam delete-access-key": ({ AccessKeyId }) => cloud.keys.delete(AccessKeyId) && {},
    "iam delete-user": ({ UserName }) => {
      const arn = known(users, UserName);
      if ([...cloud.keys.values()].some((key) => key.arn === arn))
        throw new AwsError("DeleteConflict", "The user has access keys");
      if (policiesOf(`user/${UserName}`).size > 0) throw new AwsError("DeleteConflict", "The user has policies");
      users.delete(UserName);
      return {};
    },
  };
}

function tagsIn(tags: unknown = []): Readonly<Record<string, string>> {
  return Object.fromEntries((tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
}

/** As STS returns them. */
function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: LocalIdentity) {
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
}

/** The credentials of the profile with a permission set. */
export function ssoIdentity(cloud: Cloud): LocalIdentity {
  const identity = {
    name: "sso",
    accessKeyId: "ASIASSO0000000000000",
    secretAccessKey: "secret/sso".padEnd(40, "/"),
    sessionToken: "session-of-sso",
    arn: SSO_ARN,
    account: ACCOUNT,
    userId: "sso",
  };
  cloud.keys.set(identity.accessKeyId, identity);
  return identity;
}
