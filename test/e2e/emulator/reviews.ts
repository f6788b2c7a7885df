// Sends reviews through the emulator's gateway as kube-apiserver does.

import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { mintToken } from "../../../local/token.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { post } from "../../post.ts";

/** `port` is the emulator's, which selects an API by the Host header; names below localhost need not resolve. */
export function postReview(port: number, endpoint: string, callerToken: string, body: string) {
  const { host, pathname } = new URL(endpoint);
  const headers = { host, authorization: `Bearer ${callerToken}`, "content-type": "application/json" };
  return post(`http://127.0.0.1:${port}${pathname}?timeout=30s`, { headers, body });
}

/** Sends a review of a new token of the local identity. */
export async function review(port: number, endpoint: string, callerToken: string, name: string) {
  const made = await mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, region: REGION });
  const { status, text } = await postReview(port, endpoint, callerToken, tokenReview(made));
  return { httpStatus: status, text, ...JSON.parse(text).status };
}
