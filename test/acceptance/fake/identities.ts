// IAM and STS in the fake's AWS CLI.

import type { LocalIdentity } from "../../../local/identities.ts";
import { AwsError } from "../aws.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, type Cloud } from "./cloud.ts";

type Input = Readonly<Record<string, unknown>>;
type Call = (input: Input, identity: LocalIdentity | undefined) => unknown;

export const SSO_PROFILE = "admin";
const SSO_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_ClusterAdmin_0123456789abcdef/alice`;
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

/** AssumeRole's default. */
const SESSION_MS = 3_600_000;

export function access(cloud: Cloud, clock: VirtualClock): Readonly<Record<string, Call>> {
  const text = (value: unknown) => String(value);
  const known = <T>(map: ReadonlyMap<string, T>, name: unknown): T => {
    const found = map.get(text(name));
    if (found === undefined) throw new AwsError("NoSuchEntity", `${text(name)} cannot be found`);
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
  const policyCalls = (kind: "role" | "user", key: "RoleName" | "UserName"): Readonly<Record<string, Call>> => {
    const of = (input: Input) => {
      known<unknown>(kind === "role" ? cloud.roles : cloud.users, input[key]);
      return policiesOf(`${kind}/${text(input[key])}`);
    };
    return {
      [`iam put-${kind}-policy`]: (input) =>
        of(input).set(text(input["PolicyName"]), text(input["PolicyDocument"])) && {},
      [`iam list-${kind}-policies`]: (input) => ({ PolicyNames: [...of(input).keys()] }),
      [`iam delete-${kind}-policy`]: (input) => {
        if (!of(input).delete(text(input["PolicyName"])))
          throw new AwsError("NoSuchEntity", "The policy cannot be found");
        return {};
      },
    };
  };

  return {
    "sts get-caller-identity": () => ({ Account: ACCOUNT, Arn: OPERATOR }),
    "sts assume-role": ({ RoleArn, RoleSessionName, DurationSeconds = 3600, Tags, SourceIdentity }) => {
      const role = text(RoleArn).split("/").at(-1) ?? "";
      const { trust } = known(cloud.roles, role);
      const isAllowed = (given: unknown, action: string) => given === undefined || trust.includes(action);
      if (!isAllowed(Tags, "sts:TagSession") || !isAllowed(SourceIdentity, "sts:SetSourceIdentity")) {
        throw new AwsError("AccessDenied", "Not authorized");
      }
      const answer = assumed(role, text(RoleSessionName), Number(DurationSeconds) * 1000);
      cloud.sessions.set(answer.Credentials.AccessKeyId, {
        tags: tagsIn(Tags),
        sourceIdentity: SourceIdentity === undefined ? undefined : text(SourceIdentity),
      });
      return answer;
    },
    "sts get-session-token": (_, identity) => {
      const made = add(identity?.arn ?? "", SESSION_MS);
      cloud.sessions.set(made.accessKeyId, { tags: {}, sourceIdentity: undefined, isOfUser: true });
      return { Credentials: credentialsOf(made) };
    },
    "sts assume-role-with-web-identity": ({ RoleArn, WebIdentityToken }) => {
      const [, claims = ""] = text(WebIdentityToken).split(".");
      const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { sub: string };
      if (sub !== "system:serviceaccount:acceptance:probe") throw new AwsError("AccessDenied", "Not authorized");
      return assumed(text(RoleArn).split("/")[1] ?? "", "probe");
    },
    "iam create-role": ({ RoleName, Path = "/", AssumeRolePolicyDocument, Tags }) => {
      if (cloud.roles.has(text(RoleName))) throw new AwsError("EntityAlreadyExists", "it exists");
      const arn = `arn:aws:iam::${ACCOUNT}:role${text(Path)}${text(RoleName)}`;
      const role = { arn, trust: text(AssumeRolePolicyDocument), tags: tagsIn(Tags), isAttached: false };
      cloud.roles.set(text(RoleName), role);
      return { Role: { Arn: arn } };
    },
    "iam get-role": ({ RoleName }) => ({ Role: { Arn: known(cloud.roles, RoleName).arn } }),
    ...policyCalls("role", "RoleName"),
    ...policyCalls("user", "UserName"),
    "iam list-attached-role-policies": ({ RoleName }) => ({
      AttachedPolicies: known(cloud.roles, RoleName).isAttached ? [{ PolicyArn: "arn:aws:iam::aws:policy/any" }] : [],
    }),
    "iam detach-role-policy": ({ RoleName }) => {
      known(cloud.roles, RoleName).isAttached = false;
      return {};
    },
    "iam list-open-id-connect-providers": () => ({
      OpenIDConnectProviderList: [...cloud.kept].flatMap((one) =>
        one.includes("oidc-provider") ? [{ Arn: one.split(" ")[1] }] : [],
      ),
    }),
    "iam delete-role": ({ RoleName }) => {
      if (known(cloud.roles, RoleName).isAttached || policiesOf(`role/${text(RoleName)}`).size > 0)
        throw new AwsError("DeleteConflict", "The role has policies");
      cloud.kept.delete(`AWS::IAM::Role ${text(RoleName)}`);
      return cloud.roles.delete(text(RoleName)) && {};
    },
    "iam list-roles": () => ({ Roles: [...cloud.roles.keys()].map((RoleName) => ({ RoleName })) }),
    "iam create-user": ({ UserName }) => {
      if (cloud.users.has(text(UserName))) throw new AwsError("EntityAlreadyExists", "it exists");
      const Arn = `arn:aws:iam::${ACCOUNT}:user/${text(UserName)}`;
      cloud.users.set(text(UserName), Arn);
      return { User: { Arn } };
    },
    "iam get-user": ({ UserName }) => ({ User: { Arn: known(cloud.users, UserName) } }),
    "iam create-access-key": ({ UserName }) => {
      const { accessKeyId, secretAccessKey } = add(known(cloud.users, UserName));
      return { AccessKey: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } };
    },
    "iam list-access-keys": ({ UserName }) => ({
      AccessKeyMetadata: [...cloud.keys.values()]
        .filter(({ arn }) => arn === cloud.users.get(text(UserName)))
        .map(({ accessKeyId }) => ({ AccessKeyId: accessKeyId })),
    }),
    "iam delete-access-key": ({ AccessKeyId }) => cloud.keys.delete(text(AccessKeyId)) && {},
    "iam delete-user": ({ UserName }) => {
      const arn = known(cloud.users, UserName);
      if ([...cloud.keys.values()].some((key) => key.arn === arn))
        throw new AwsError("DeleteConflict", "The user has access keys");
      if (policiesOf(`user/${text(UserName)}`).size > 0) throw new AwsError("DeleteConflict", "The user has policies");
      cloud.users.delete(text(UserName));
      return {};
    },
    "iam delete-open-id-connect-provider": ({ OpenIDConnectProviderArn }) =>
      cloud.kept.delete(`AWS::IAM::OIDCProvider ${text(OpenIDConnectProviderArn)}`) && {},
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
