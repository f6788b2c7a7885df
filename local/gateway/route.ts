// Finds the route of a request, which the event names.

/** The fields of every event that the gateway's users read. */
export interface GatewayEvent {
  readonly version?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

export const DEFAULT_ROUTE = "$default";

/** The key of the matching route. `routes`: keys such as `POST /authenticate`; `$default` matches the rest. */
export function findRoute(routes: readonly string[], method: string, path: string): string | undefined {
  const key = `${method} ${path}`;
  if (routes.includes(key)) return key;
  return routes.includes(DEFAULT_ROUTE) ? DEFAULT_ROUTE : undefined;
}
