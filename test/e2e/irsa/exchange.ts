// Sends AssumeRoleWithWebIdentity as an SDK does.

import { POD_ROLE_ARN } from "../../../local/service-account.ts";
import { post } from "../../post.ts";

/** Returns the ARN of the session; throws with STS's code and message. */
export async function exchange(stsUrl: string, token: string): Promise<string> {
  const parameters = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: POD_ROLE_ARN,
    RoleSessionName: "pod",
    WebIdentityToken: token,
  };
  const { status, text } = await post(`${stsUrl}/`, {
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(parameters).toString(),
  });
  const answer = JSON.parse(text);
  if (status !== 200) throw new Error(`${answer.Error.Code}: ${answer.Error.Message}`);
  return answer.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.AssumedRoleUser.Arn;
}
