// A local API Gateway: turns HTTP(S) requests into events of an HTTP API or REST API and returns the handler's result.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Answer } from "./answer.ts";
import { HTTP_API_FAILURE, httpApiAnswer } from "./http-api-answer.ts";
import { httpApiEvent } from "./http-api-event.ts";
import { refuse, unrouted } from "./http-error.ts";
import { type Handler, invoke } from "./invoke.ts";
import { createListener, type GatewayTls } from "./listener.ts";
import { readRequest } from "./request.ts";
import { REST_API_FAILURE, restApiAnswer } from "./rest-api-answer.ts";
import { type RestApiEvent, restApiEvent } from "./rest-api-event.ts";
import { type Api, DEFAULT_ROUTE, DEFAULT_STAGE, findRoute, pathPrefix } from "./route.ts";
import { send } from "./send.ts";

export interface GatewayOptions extends Handler {
  /** `2.0`, the default: an HTTP API; `1.0`: a REST API. */
  readonly payload?: Api["payload"];
  /** Default: `$default` for an HTTP API, `prod` for a REST API, which has no default stage. */
  readonly stage?: string;
  /** API mapping of a custom domain, without slashes; `""` is the root. */
  readonly basePath?: string;
  /** Default: `POST /authenticate` and `$default`. */
  readonly routes?: readonly string[];
  /** Default 0: any free port. */
  readonly port?: number;
  readonly tls?: GatewayTls;
  /** The function's timeout; default 8 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

export interface Gateway {
  /** The invoke URL with stage or base path, without a trailing slash. */
  readonly url: string;
  /** Every event sent to the function, oldest first. */
  readonly events: (APIGatewayProxyEventV2 | RestApiEvent)[];
  /** Errors that the function threw, oldest first; clients never see them. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

/** Starts on 127.0.0.1. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tls, port = 0, timeoutMs = 8000, now = Date.now } = options;
  const api = readApi(options);
  const events: Gateway["events"] = [];
  const errors: unknown[] = [];

  async function answer(incoming: IncomingMessage): Promise<Answer> {
    const request = await readRequest(incoming, now());
    if (typeof request === "string") return refuse(request);
    const route = findRoute(api, request.method, request.path);
    if (typeof route === "string") return unrouted(api, route);

    const event = api.payload === "2.0" ? httpApiEvent(request, api, route) : restApiEvent(request, api, route);
    events.push(event);
    const outcome = await invoke(event, { handler: options.handler, timeoutMs, now });
    if ("error" in outcome) {
      errors.push(outcome.error);
      return api.payload === "2.0" ? HTTP_API_FAILURE : REST_API_FAILURE;
    }
    return api.payload === "2.0" ? httpApiAnswer(outcome.result) : restApiAnswer(outcome.result);
  }

  const server = createListener(tls, (incoming, response) => {
    answer(incoming).then(
      (result) => send(result, response),
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

function readApi(options: GatewayOptions): Api {
  const { payload = "2.0", basePath } = options;
  const { stage = payload === "2.0" ? DEFAULT_STAGE : "prod", routes = ["POST /authenticate", DEFAULT_ROUTE] } =
    options;
  if (payload === "1.0" && stage === DEFAULT_STAGE) throw new Error("a REST API has no $default stage");
  return { payload, stage, routes, ...(basePath !== undefined && { basePath }) };
}
