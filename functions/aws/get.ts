// Sends one GET request, and reads a response of limited size.

import type { IncomingMessage, RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/**
 * Returns what `read` makes of the response, and closes the connection if `read` fails. `plain`: plain HTTP, for a local
 * endpoint. Throws the errors of the connection and of `read`.
 */
export function get<T>(
  plain: boolean,
  options: RequestOptions & { readonly servername?: string },
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  // Not imported, since loading `node:http` costs start-up time.
  const request = plain ? process.getBuiltinModule("node:http").request : httpsRequest;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const outgoing = request(options, (response) => {
    read(response).then(resolve, (error: unknown) => {
      response.destroy();
      reject(error);
    });
  });
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

/** Throws `tooLong()` for a body of more than `maxBytes`. */
export async function readText(response: IncomingMessage, maxBytes: number, tooLong: () => Error): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (size > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
