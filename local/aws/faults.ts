// Faults that tests inject into a local service.

import type { ServerResponse } from "node:http";

export type Fault =
  /** Resets the connection without a response. */
  | { readonly kind: "reset" }
  /** Never responds; the client must time out. */
  | { readonly kind: "silent" }
  /** A fixed response: 5xx, throttling, a redirect, or garbage. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Sends headers and part of the body, then resets the connection. */
  | { readonly kind: "cut"; readonly body: string }
  /** Sends headers and part of the body, then nothing. */
  | { readonly kind: "stall"; readonly body: string }
  /** Sends a body of this many bytes as fast as the client reads it. */
  | { readonly kind: "flood"; readonly bytes: number };

export function inflict(fault: Fault, response: ServerResponse): void {
  switch (fault.kind) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "silent":
      return;
    case "answer":
      response.writeHead(fault.status, { ...fault.headers, "content-length": Buffer.byteLength(fault.body) });
      response.end(fault.body);
      return;
    case "cut":
      response.writeHead(200, { "content-type": "application/json", "content-length": fault.body.length + 100 });
      response.write(fault.body, () => response.socket?.resetAndDestroy());
      return;
    case "stall":
      response.writeHead(200, { "content-type": "application/json", "content-length": fault.body.length + 100 });
      response.write(fault.body);
      return;
    case "flood":
      flood(response, fault.bytes);
  }
}

function flood(response: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(64 * 1024, " ");
  let left = bytes;
  response.writeHead(200, { "content-type": "application/json" });
  const pour = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return;
    }
    if (!response.destroyed) response.end();
  };
  response.on("drain", pour);
  pour();
}
