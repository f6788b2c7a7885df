// A local STS that answers AssumeRole with new keys each time, which end at 2026-11-24T13:00:00Z.

import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";

/** @param userId of the caller, for GetCallerIdentity */
export async function startAssumeRole(userId = () => ""): Promise<LocalServer> {
  const sts: LocalServer = await startHttpServer(({ body }) => {
    const key = `ASIALOCAL${String(sts.requests.length).padStart(11, "0")}`;
    const [action, result] = /AssumeRole/.test(body.toString())
      ? [
          "AssumeRole",
          `<Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>local/assumed</SecretAccessKey>
<SessionToken>local-session</SessionToken><Expiration>2026-11-24T13:00:00Z</Expiration></Credentials>`,
        ]
      : ["GetCallerIdentity", `<UserId>${userId()}</UserId><Account>111122223333</Account>`];
    return {
      status: 200,
      headers: { "content-type": "text/xml" },
      body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`,
    };
  });
  return sts;
}
