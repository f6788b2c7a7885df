// Sends presigned URLs to the local STS as a verifier does: with the URL's host in `Host`.

import { post, type Reply } from "../../post.ts";

export function send(url: string, presigned: string, headers: Record<string, string> = {}): Promise<Reply> {
  const { host } = new URL(presigned);
  const path = presigned.slice(presigned.indexOf("/", "https://".length));
  return post(`${url}${path}`, { method: "GET", headers: { host, ...headers } });
}

/** The result for a verifier of the cluster `local`: `granted`, or status, code and message on one line. */
export async function outcome(url: string, presigned: string, headers: Record<string, string> = {}): Promise<string> {
  const asked = { "x-k8s-aws-id": "local", accept: "application/json", ...headers };
  const { status, text } = await send(url, presigned, asked);
  if (status === 200) return "granted";
  const { Code, Message } = JSON.parse(text).Error;
  return `${status} ${Code}: ${Message}`;
}
