// A local API Gateway: turns HTTP(S) requests into events of an HTTP API or REST API and returns the handler's result.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, refuse } from "./answer.ts";
import { HTTP_API } from "./http-api.ts";
import { type Handler, invoke } from "./invoke.ts";
import { createListener, type GatewayTls } from "./listener.ts";
import { readRequest } from "./request.ts";
import { type Api, type ApiKind, DEFAULT_ROUTE, findRoute, type GatewayEvent, pathPrefix } from "./route.ts";
import { send } from "./send.ts";

export interface GatewayOptions extends Handler {
  /** Default: an HTTP API. */
  readonly kind?: ApiKind;
  /** Default: that of the kind. */
  readonly stage?: string;
  /** API mapping of a custom domain, without slashes; `""` is the root. */
  readonly basePath?: string;
  /** Default: `POST /authenticate` and `$default`. */
  readonly routes?: readonly string[];
  /** Default 0: any free port. */
  readonly port?: number;
  readonly tls?: GatewayTls;
  /** Redirects failures of the function, as the stack's parameter mapping does with `failoverUrl`. */
  readonly failoverUrl?: string | undefined;
  /** The function's timeout; default 8 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

export interface Gateway {
  /** The invoke URL with stage or base path, without a trailing slash. */
  readonly url: string;
  /** Every event sent to the function, oldest first. */
  readonly events: GatewayEvent[];
  /** Errors that the function threw, oldest first; clients never see them. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

/** Starts on 127.0.0.1. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tls, failoverUrl, port = 0, timeoutMs = 8000, now = Date.now } = options;
  const api = readApi(options);
  const events: Gateway["events"] = [];
  const errors: unknown[] = [];

  async function answer(incoming: IncomingMessage): Promise<Answer> {
    const request = await readRequest(incoming, now());
    if (typeof request === "string") return refuse(request);
    const route = findRoute(api, request.method, request.path);
    if (typeof route === "string") return api.kind.unrouted(route);

    const event = api.kind.event(request, api, route);
    events.push(event);
    const outcome = await invoke(event, { handler: options.handler, timeoutMs, now });
    if ("error" in outcome) {
      errors.push(outcome.error);
      return api.kind.failure;
    }
    return api.kind.answer(outcome.result) ?? api.kind.failure;
  }

  const server = createListener(tls, (incoming, response) => {
    answer(incoming).then(
      (result) => send(failoverUrl === undefined ? result : redirected(result, failoverUrl), response),
      // the client disconnected before it sent the complete request
      () => response.destroy(),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}${pathPrefix(api)}`,
    events,
    errors,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function redirected(answer: Answer, failoverUrl: string): Answer {
  if (![500, 502, 503, 504].includes(answer.status)) return answer;
  return { ...answer, status: 307, headers: [...answer.headers, ["location", failoverUrl]] };
}

function readApi({ kind = HTTP_API, stage = kind.defaultStage, basePath, routes }: GatewayOptions): Api {
  const known = routes ?? ["POST /authenticate", DEFAULT_ROUTE];
  return { kind, stage, routes: known, ...(basePath !== undefined && { basePath }) };
}
