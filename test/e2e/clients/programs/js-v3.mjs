// Prints a token by the AWS SDK for JavaScript v3. Arguments: cluster, region, and how many seconds
// the URL is valid.

import { Sha256 } from "@aws-crypto/sha256-js";
import { fromEnv } from "@aws-sdk/credential-provider-env";
import { formatUrl } from "@aws-sdk/util-format-url";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

const [, , cluster, region, expires] = process.argv;
const hostname = `sts.${region}.amazonaws.com`;
const query = { Action: "GetCallerIdentity", Version: "2011-06-15" };
const headers = { host: hostname, "x-k8s-aws-id": cluster };
const request = new HttpRequest({
  method: "GET",
  protocol: "https:",
  hostname,
  path: "/",
  query,
  headers,
});
const signer = new SignatureV4({ credentials: fromEnv(), region, service: "sts", sha256: Sha256 });
const url = formatUrl(await signer.presign(request, { expiresIn: Number(expires) }));
console.log(`k8s-aws-v1.${Buffer.from(url).toString("base64url")}`);
