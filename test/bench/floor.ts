// The floor of a cold start: bundles its handler, and signs its requests.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { bundle } from "../../build/functions.ts";
import { builtIns } from "../../build/plugins.ts";
import type { SignedRequest } from "./floor-handler.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Writes `index.mjs` into `folder`. */
export async function buildFloor(folder: string): Promise<void> {
  const { files } = await bundle(ROOT, "test/bench/floor-handler.ts", "index.mjs", [builtIns]);
  for (const { name, contents } of files) writeFileSync(join(folder, name), contents);
}

/**
 * `settings`: of the function. `parameters`: what the function reads while it initializes, and in
 * the review.
 */
export async function floorRequests(
  settings: Readonly<Record<string, string>>,
  token: string,
  [callers, mapping]: readonly [callers: readonly string[], mapping: readonly string[]],
): Promise<readonly SignedRequest[]> {
  return [
    await getParameters(settings, callers),
    getCallerIdentity(settings, token),
    await getParameters(settings, mapping),
  ];
}

async function getParameters(settings: Readonly<Record<string, string>>, Names: readonly string[]) {
  const { AWS_REGION: region = "", AWS_ENDPOINT_URL_SSM = "" } = settings;
  const credentials = {
    accessKeyId: settings["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: settings["AWS_SECRET_ACCESS_KEY"] ?? "",
    ...(settings["AWS_SESSION_TOKEN"] && { sessionToken: settings["AWS_SESSION_TOKEN"] }),
  };
  const { protocol, hostname, host } = new URL(AWS_ENDPOINT_URL_SSM);
  const body = JSON.stringify({ Names });
  const headers = {
    host,
    "content-type": "application/x-amz-json-1.1",
    "content-length": String(body.length),
    "x-amz-target": "AmazonSSM.GetParameters",
  };
  const signer = new SignatureV4({ service: "ssm", region, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method: "POST",
    protocol,
    hostname,
    path: "/",
    query: {},
    headers,
    body,
  });
  return { url: AWS_ENDPOINT_URL_SSM, method: "POST", headers: signed.headers, body };
}

function getCallerIdentity(
  { AWS_ENDPOINT_URL_STS = "", CLUSTER_ID = "" }: Readonly<Record<string, string>>,
  token: string,
) {
  const { host, pathname, search } = new URL(
    Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString(),
  );
  const headers = { host, accept: "application/json", "x-k8s-aws-id": CLUSTER_ID };
  return {
    url: new URL(pathname + search, AWS_ENDPOINT_URL_STS).href,
    method: "GET",
    headers,
    body: "",
  };
}
