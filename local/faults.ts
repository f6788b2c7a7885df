// The faults that a local service can be told to show, each as a client meets it on the wire.

import type { ServerResponse } from "node:http";

export type Fault =
  /** The connection is reset without an answer. */
  | { readonly kind: "reset" }
  /** The request is taken and never answered; ends when the client gives up. */
  | { readonly kind: "silent" }
  /** A given answer, for 5xx, throttling, redirects and garbage. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Headers and a part of the body, then the connection is reset. */
  | { readonly kind: "cut"; readonly body: string }
  /** Headers and a part of the body, then silence. */
  | { readonly kind: "stall"; readonly body: string }
  /** A body of this many bytes, sent as fast as the client reads it. */
  | { readonly kind: "flood"; readonly bytes: number };

/** Shows `fault` to the client behind `response`. */
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
