// A kube-apiserver request for the tests of both event formats.

import type { GatewayRequest } from "../../../local/gateway/request.ts";

export const SAMPLE_REQUEST: GatewayRequest = {
  method: "POST",
  path: "/authenticate",
  query: "timeout=30s",
  protocol: "HTTP/1.1",
  rawHeaders: [
    ...[
      "Host",
      "localgw123.execute-api.us-east-1.amazonaws.com",
      "User-Agent",
      "kube-apiserver/v1.34.0",
    ],
    ...["Content-Length", "3", "Accept", "application/json, */*", "Authorization", "Bearer caller"],
    ...["Content-Type", "application/json", "Accept-Encoding", "gzip", "Connection", "keep-alive"],
  ],
  body: Buffer.from("{}\n"),
  sourceIp: "203.0.113.7",
  time: Date.UTC(2026, 10, 24, 16, 1, 2, 345),
  requestId: "LV7fzho-PHcEJPw=",
  traceId: "Root=1-6924821e-1de4d666d4dd26aced652b6c",
};
