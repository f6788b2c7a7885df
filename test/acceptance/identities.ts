// The temporary role and user of a run, named after its id.

import { type Aws, AwsError, unlessMissing } from "./aws.ts";
import { NotRun } from "./rows.ts";
import { TAG } from "./stacks.ts";
import { type Credentials, until, type World } from "./world.ts";

export interface Principal {
  /** The canonical ARN of the role or user. */
  readonly arn: string;
  readonly credentials: Credentials;
}

export type Account = Awaited<ReturnType<typeof accountOf>>;

export async function accountOf(aws: Aws) {
  const { Account: id, Arn } = await aws<{ Account: string; Arn: string }>(
    "sts",
    "get-caller-identity",
  );
  return { id, partition: Arn.split(":")[1] ?? "aws", isRoot: Arn.endsWith(":root") };
}

/** New roles and keys take some seconds to propagate. */
const PROPAGATION_MS = 90_000;

export const SESSION = "probe";

/**
 * A role that the account may assume, with read access to the cluster's parameters for `doctor`,
 * `explain` and `whoami`.
 */
export async function makeRole(
  world: World,
  aws: Aws,
  { id, partition }: Account,
  name: string,
): Promise<string> {
  const trust = statement({
    Principal: { AWS: `arn:${partition}:iam::${id}:root` },
    Action: "sts:AssumeRole",
  });
  const prefix = `arn:${partition}:ssm:${world.region}:${id}:parameter/iam-authenticator/${name}`;
  const Action = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"];
  const read = statement({ Action, Resource: [prefix, `${prefix}/*`] });
  const arn = await createRole(aws, name, trust, name);
  await aws("iam", "put-role-policy", { RoleName: name, PolicyName: "read", PolicyDocument: read });
  return arn;
}

/** A kept cluster has the role already. */
export async function createRole(
  aws: Aws,
  name: string,
  trust: string,
  runId: string,
  {
    path: Path = "/",
    tags = [],
  }: { readonly path?: string; readonly tags?: readonly object[] } = {},
): Promise<string> {
  const known = await unlessMissing(aws<MadeRole>("iam", "get-role", { RoleName: name }));
  const role = {
    RoleName: name,
    Path,
    AssumeRolePolicyDocument: trust,
    Tags: [{ Key: TAG, Value: runId }, ...tags],
  };
  return (known ?? (await aws<MadeRole>("iam", "create-role", role))).Role.Arn;
}

interface MadeRole {
  readonly Role: { readonly Arn: string };
}

/** Temporary credentials, valid for one hour by default. `more`: further input of AssumeRole. */
export async function assume(
  world: World,
  aws: Aws,
  arn: string,
  more: object = {},
): Promise<Credentials> {
  const { Credentials: made } = await eventually(world, () =>
    aws<Assumed>("sts", "assume-role", { RoleArn: arn, RoleSessionName: SESSION, ...more }),
  );
  return credentialsIn(made);
}

interface MadeKey {
  readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string };
}
export interface Assumed {
  readonly Credentials: MadeKey["AccessKey"] & { readonly SessionToken: string };
}

export function credentialsIn(
  made: MadeKey["AccessKey"] & Partial<Assumed["Credentials"]>,
): Credentials {
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
  } = made;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

interface MadeUser {
  readonly User: { readonly Arn: string };
}

/** With --cluster, the user exists; replaces its keys, since AWS returns a secret only once. */
export async function makeUser(aws: Aws, name: string): Promise<Principal> {
  const known = await unlessMissing(aws<MadeUser>("iam", "get-user", { UserName: name }));
  if (known !== undefined) await removeKeys(aws, name);
  const user = { UserName: name, Tags: [{ Key: TAG, Value: name }] };
  const { User } =
    known ?? (await aws<MadeUser>("iam", "create-user", user).catch(unlessForbidden));
  const { AccessKey } = await aws<MadeKey>("iam", "create-access-key", { UserName: name });
  return { arn: User.Arn, credentials: credentialsIn(AccessKey) };
}

/**
 * The text of AWS's errors:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function unlessForbidden(error: unknown): never {
  const isForbidden = error instanceof AwsError && /service control policy/i.test(error.message);
  throw isForbidden ? new NotRun("a service control policy forbids IAM users") : error;
}

export async function removeKeys(aws: Aws, name: string): Promise<void> {
  type Keys = { AccessKeyMetadata: { AccessKeyId: string }[] };
  const { AccessKeyMetadata } = await aws<Keys>("iam", "list-access-keys", { UserName: name });
  for (const { AccessKeyId } of AccessKeyMetadata) {
    await aws("iam", "delete-access-key", { UserName: name, AccessKeyId });
  }
}

export async function eventually<T>(world: World, call: () => Promise<T>): Promise<T> {
  const look = () =>
    call().then(
      (value) => ({ value }),
      (error: unknown) => {
        if (error instanceof AwsError) return { error };
        throw error;
      },
    );
  const outcome = await until(world, PROPAGATION_MS, look, (result) => "value" in result);
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

export function statement(parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...parts }] });
}
