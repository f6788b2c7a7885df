// Finds the route of a request, as an HTTP API and a REST API do, and the forms of its path in the event.
//
// A named stage is a part of the path that the function sees, except in `path` of format 1.0; behind a custom domain
// the stage is not in the URL, yet stays in `rawPath`, and only format 1.0 shows the base path:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
// (observed: github.com/CodeGenieApp/serverless-express issue 465)

/** The API that the gateway serves. */
export interface Api {
  readonly payload: "1.0" | "2.0";
  readonly stage: string;
  /** The API mapping of a custom domain, without slashes; absent: the API's own endpoint, where the stage leads the path. */
  readonly basePath?: string;
  /** Keys such as `POST /authenticate`; `$default` takes all the rest (a REST API: `ANY` on `/` and `/{proxy+}`). */
  readonly routes: readonly string[];
}

export interface Route {
  readonly key: string;
  /** The path inside the API: no stage, no base path. */
  readonly path: string;
}

export const DEFAULT_ROUTE = "$default";
export const DEFAULT_STAGE = "$default";

/** What leads every path of the API in its URL: the base path of a custom domain, or a named stage, or nothing. */
export function pathPrefix({ basePath, stage }: Pick<Api, "basePath" | "stage">): string {
  if (basePath !== undefined) return basePath === "" ? "" : `/${basePath}`;
  return stagePrefix(stage);
}

/** `/prod` for the stage `prod`; the default stage has none. */
export function stagePrefix(stage: string): string {
  return stage === DEFAULT_STAGE ? "" : `/${stage}`;
}

/** The route that takes the request; `"no-stage"` and `"no-route"` when the gateway has none. */
export function findRoute(api: Api, method: string, fullPath: string): Route | "no-stage" | "no-route" {
  const prefix = pathPrefix(api);
  if (fullPath !== prefix && !fullPath.startsWith(`${prefix}/`)) return "no-stage";
  const path = fullPath.slice(prefix.length) || "/";

  const key = `${method} ${path}`;
  if (api.routes.includes(key)) return { key, path };
  // a REST API settles on the resource before it looks at the method, an HTTP API falls back for either
  const resourceExists = api.payload === "1.0" && api.routes.some((route) => route.endsWith(` ${path}`));
  if (!api.routes.includes(DEFAULT_ROUTE) || resourceExists) return "no-route";
  return { key: DEFAULT_ROUTE, path };
}
