// A local API Gateway: turns HTTP(S) requests into events of an HTTP API and returns the handler's result.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, message, refuse } from "./answer.ts";
import { httpApiAnswer, httpApiEvent } from "./http-api.ts";
import { type Handler, invoke, THROTTLING } from "./invoke.ts";
import { createListener, type GatewayTls } from "./listener.ts";
import { readRequest } from "./request.ts";
import { DEFAULT_ROUTE, findRoute, type GatewayEvent } from "./route.ts";
import { send } from "./send.ts";

export interface GatewayOptions extends Handler {
  /** Default: `POST /authenticate` and `$default`. */
  readonly routes?: readonly string[];
  /** Default 0: any free port. */
  readonly port?: number;
  readonly tls?: GatewayTls;
  /** Redirects what the function cannot answer, as the stack's parameter mapping does with `failoverUrl`. */
  readonly failoverUrl?: string | undefined;
  /** The function's timeout; default 8 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

export interface Gateway {
  /** The invoke URL, without a trailing slash. */
  readonly url: string;
  /** Every event sent to the function, oldest first. */
  readonly events: GatewayEvent[];
  /** Errors that the function threw, oldest first; clients never see them. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

const FAILURE = message(500, "Internal Server Error");
/** AWS does not document the status for a throttled function. */
const THROTTLED = message(503, "Service Unavailable");

/** Starts on 127.0.0.1. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tls, failoverUrl, port = 0, timeoutMs = 8000, now = Date.now } = options;
  const { routes = ["POST /authenticate", DEFAULT_ROUTE] } = options;
  const events: Gateway["events"] = [];
  const errors: unknown[] = [];

  async function answer(incoming: IncomingMessage): Promise<Answer> {
    const request = await readRequest(incoming, now());
    if (typeof request === "string") return refuse(request);
    const routeKey = findRoute(routes, request.method, request.path);
    if (routeKey === undefined) return message(404, "Not Found");

    const event = httpApiEvent(request, routeKey);
    events.push(event);
    const outcome = await invoke(event, { handler: options.handler, timeoutMs, now });
    if ("error" in outcome) {
      errors.push(outcome.error);
      return outcome.error instanceof Error && outcome.error.name === THROTTLING ? THROTTLED : FAILURE;
    }
    return httpApiAnswer(outcome.result) ?? FAILURE;
  }

  const server = createListener(tls, (incoming, response) => {
    answer(incoming).then(
      (result) => send(mapped(result, failoverUrl), response),
      // the client disconnected before it sent the complete request
      () => response.destroy(),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`,
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

/** infra/endpoint/http-endpoint.ts has the reasons. */
function mapped(answer: Answer, failoverUrl: string | undefined): Answer {
  if (![502, 503, 504].includes(answer.status)) return answer;
  if (failoverUrl === undefined) return { ...answer, status: 500 };
  return { ...answer, status: 307, headers: [...answer.headers, ["location", failoverUrl]] };
}
