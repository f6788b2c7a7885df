// Prints an API Gateway event (payload 2.0) with a new token of a local identity of the running
// sandbox, for sam local invoke:
//   node test/e2e/sam/event.ts bob | sam local invoke ... -e -

import { localIdentity, mintToken } from "../../../local/identities.ts";
import {
  CLUSTER_ID,
  REGION,
  readSecret,
  SANDBOX_FOLDER,
  sandboxFiles,
} from "../../../local/sandbox-files.ts";
import { tokenReview } from "../../../local/webhook.ts";

export async function freshEvent(name: string, secret: string): Promise<string> {
  return JSON.stringify({
    version: "2.0",
    rawPath: "/authenticate",
    headers: { "content-type": "application/json" },
    requestContext: {
      http: { method: "POST", path: "/authenticate" },
      requestId: "local",
      stage: "$default",
    },
    body: tokenReview(
      await mintToken({
        identity: localIdentity(name, secret),
        clusterId: CLUSTER_ID,
        region: REGION,
      }),
    ),
    isBase64Encoded: false,
  });
}

if (import.meta.main)
  console.log(await freshEvent(process.argv[2] ?? "bob", readSecret(sandboxFiles(SANDBOX_FOLDER))));
