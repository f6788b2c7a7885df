// Finds the route of a request and the prefix of its path, for HTTP APIs and REST APIs.
//
// The paths in an event include a named stage, except `path` of format 1.0. With a custom domain, the URL has no stage,
// but `rawPath` still does; only format 1.0 includes the base path:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
// (observed: github.com/CodeGenieApp/serverless-express issue 465)

export interface Api {
  readonly payload: "1.0" | "2.0";
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
  // a REST API selects the resource before the method; an HTTP API falls back to $default for both
  const resourceExists = api.payload === "1.0" && api.routes.some((route) => route.endsWith(` ${path}`));
  if (!api.routes.includes(DEFAULT_ROUTE) || resourceExists) return "no-route";
  return { key: DEFAULT_ROUTE, path };
}
