// Sends presigned URLs to the local STS as a verifier does: with the URL's host in `Host`.

import { request } from "node:http";

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a GET of `presigned` to `serverUrl`; `headers` may replace `host`. */
export function send(
  serverUrl: string,
  presigned: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const { host } = new URL(presigned);
  const path = presigned.slice(presigned.indexOf("/", "https://".length));
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(serverUrl);
    const outgoing = request({ hostname, port, path, headers: { host, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** The result for a verifier of the cluster `local`: `granted`, or status, code and message on one line. */
export async function outcome(
  serverUrl: string,
  presigned: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, body } = await send(serverUrl, presigned, {
    "x-k8s-aws-id": "local",
    accept: "application/json",
    ...headers,
  });
  if (status === 200) return "granted";
  const { Code, Message } = JSON.parse(body).Error;
  return `${status} ${Code}: ${Message}`;
}
