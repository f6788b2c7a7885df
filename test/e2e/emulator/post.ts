// Posts a TokenReview to an API of the emulator, which tells APIs apart by the Host header: names below localhost need
// not resolve.

import { request } from "node:http";
import { text } from "node:stream/consumers";

export async function post(
  port: number,
  url: string,
  callerToken: string,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const { host, pathname } = new URL(url);
  const headers = { host, authorization: `Bearer ${callerToken}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request({ port, host: "127.0.0.1", path: `${pathname}?timeout=30s`, method: "POST", headers });
    call.on("error", reject);
    call.on("response", (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    call.end(body);
  });
}
