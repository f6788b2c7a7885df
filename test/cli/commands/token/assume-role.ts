// A local STS that answers AssumeRole with new keys each time, which end at 2026-11-24T13:00:00Z.

import { type LocalServer, startHttpServer } from "../../../../local/aws/http-server.ts";
import { readForm, renderResult } from "../../../../local/aws/protocols.ts";

export function startAssumeRole(userId = () => "", arn = () => ""): Promise<LocalServer> {
  let count = 0;
  return startHttpServer((request) => {
    const AccessKeyId = `ASIALOCAL${String(++count).padStart(11, "0")}`;
    const keys = { AccessKeyId, SecretAccessKey: "local/assumed", SessionToken: "local-session" };
    return readForm(request).get("Action") === "AssumeRole"
      ? renderResult("iam", "AssumeRole", {
          Credentials: { ...keys, Expiration: "2026-11-24T13:00:00Z" },
        })
      : renderResult("iam", "GetCallerIdentity", {
          UserId: userId(),
          Arn: arn(),
          Account: "111122223333",
        });
  });
}
