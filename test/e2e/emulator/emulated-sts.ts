// STS for the emulator's function, which verifies signatures with keys that the emulator's IAM and STS issued.

import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { stsAnswers } from "../../../local/sts/start-sts.ts";

export type EmulatedSts = Awaited<ReturnType<typeof startEmulatedSts>>;

interface Printed {
  readonly User?: { readonly UserName: string; readonly Arn: string; readonly UserId: string };
  readonly AccessKey?: { readonly UserName: string; readonly AccessKeyId: string; readonly SecretAccessKey: string };
  readonly AssumedRoleUser?: { readonly Arn: string; readonly AssumedRoleId: string };
  readonly Credentials?: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
  };
}

export async function startEmulatedSts() {
  const identities: LocalIdentity[] = [];
  const users = new Map<string, { arn: string; userId: string }>();
  const server: LocalServer = await startHttpServer((request) => stsAnswers({ identities })(request));
  const accountOf = (arn: string) => arn.split(":")[4] ?? "";

  /** Reads keys from the AWS CLI's output. `command` is the service and the operation. */
  function learn(command: string, printed: string): void {
    if (!["iam create-user", "iam create-access-key", "sts assume-role"].includes(command)) return;
    const { User, AccessKey, AssumedRoleUser, Credentials }: Printed = JSON.parse(printed);
    if (User !== undefined) users.set(User.UserName, { arn: User.Arn, userId: User.UserId });
    if (AccessKey !== undefined) {
      const { arn = "", userId = "" } = users.get(AccessKey.UserName) ?? {};
      const { UserName: name, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey;
      identities.push({ name, accessKeyId, secretAccessKey, arn, account: accountOf(arn), userId });
    }
    if (AssumedRoleUser !== undefined && Credentials !== undefined) {
      const { Arn: arn, AssumedRoleId: userId } = AssumedRoleUser;
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials;
      const keys = { accessKeyId, secretAccessKey, sessionToken };
      identities.push({ name: userId, ...keys, arn, account: accountOf(arn), userId });
    }
  }

  return { url: server.url, learn, close: server.close };
}
