// Finds the route of a request and the prefix of its path, for HTTP APIs and REST APIs.
//
// The paths in an event include a named stage, except `path` of format 1.0. With a custom domain, the URL has no stage,
// but `rawPath` still does; only format 1.0 includes the base path:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
// (observed: github.com/CodeGenieApp/serverless-express issue 465)

import type { Answer } from "./answer.ts";
import type { GatewayRequest } from "./request.ts";

/** What differs between HTTP APIs and REST APIs. */
export interface ApiKind {
  readonly defaultStage: string;
  /** Selects the resource before the method; otherwise both fall back to `$default`. */
  readonly selectsResource: boolean;
  event(request: GatewayRequest, api: Api, route: Route): GatewayEvent;
  /** `undefined` for an invalid result. `result` has been through JSON. */
  answer(result: unknown): Answer | undefined;
  unrouted(why: "no-stage" | "no-route"): Answer;
  /** For a function that threw, timed out, or returned an invalid result. */
  readonly failure: Answer;
}

/** The fields of every event that the gateway's users read. */
export interface GatewayEvent {
  readonly version?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

export interface Api {
  readonly kind: ApiKind;
  readonly stage: string;
  /** API mapping of a custom domain, without slashes. Absent for the default endpoint, whose paths start with the stage. */
  readonly basePath?: string;
  /** Keys such as `POST /authenticate`; `$default` matches the rest (REST API: `ANY` on `/` and `/{proxy+}`). */
  readonly routes: readonly string[];
}

export interface Route {
  readonly key: string;
  /** Without stage or base path. */
  readonly path: string;
}

export const DEFAULT_ROUTE = "$default";
export const DEFAULT_STAGE = "$default";

/** The prefix of every URL path: the base path of a custom domain, a named stage, or the empty string. */
export function pathPrefix({ basePath, stage }: Pick<Api, "basePath" | "stage">): string {
  if (basePath !== undefined) return basePath === "" ? "" : `/${basePath}`;
  return stagePrefix(stage);
}

/** `/prod` for the stage `prod`; empty for the default stage. */
export function stagePrefix(stage: string): string {
  return stage === DEFAULT_STAGE ? "" : `/${stage}`;
}

/** Returns the matching route, or `"no-stage"` or `"no-route"`. */
export function findRoute(api: Api, method: string, fullPath: string): Route | "no-stage" | "no-route" {
  const prefix = pathPrefix(api);
  if (fullPath !== prefix && !fullPath.startsWith(`${prefix}/`)) return "no-stage";
  const path = fullPath.slice(prefix.length) || "/";

  const key = `${method} ${path}`;
  if (api.routes.includes(key)) return { key, path };
  const resourceExists = api.kind.selectsResource && api.routes.some((route) => route.endsWith(` ${path}`));
  if (!api.routes.includes(DEFAULT_ROUTE) || resourceExists) return "no-route";
  return { key: DEFAULT_ROUTE, path };
}
