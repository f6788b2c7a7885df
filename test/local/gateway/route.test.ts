// Routing with stages and base paths.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP_API } from "../../../local/gateway/http-api.ts";
import { type Api, findRoute, pathPrefix } from "../../../local/gateway/route.ts";
import { REST_API } from "./rest-api.ts";

const HTTP: Api = {
  kind: HTTP_API,
  stage: "$default",
  routes: ["POST /authenticate", "$default"],
};
const REST: Api = { ...HTTP, kind: REST_API, stage: "prod" };
const FOUND = { key: "POST /authenticate", path: "/authenticate" };

test("the invoke URL starts with a named stage or the base path, never both", () => {
  assert.equal(pathPrefix({ stage: "$default" }), "");
  assert.equal(pathPrefix({ stage: "prod" }), "/prod");
  assert.equal(pathPrefix({ stage: "prod", basePath: "auth" }), "/auth");
  assert.equal(pathPrefix({ stage: "prod", basePath: "" }), "");
});

test("a specific route takes precedence over the default route", () => {
  assert.deepEqual(findRoute(HTTP, "POST", "/authenticate"), FOUND);
  assert.deepEqual(findRoute(HTTP, "GET", "/authenticate"), { key: "$default", path: "/authenticate" });
  assert.deepEqual(findRoute(HTTP, "POST", "/authenticate/"), { key: "$default", path: "/authenticate/" });
});

test("without a default route, other requests have no route", () => {
  const api = { ...HTTP, routes: ["POST /authenticate"] };
  assert.equal(findRoute(api, "GET", "/authenticate"), "no-route");
  assert.equal(findRoute(api, "POST", "/other"), "no-route");
});

test("a REST API does not use the default route if the resource exists without the method", () => {
  assert.equal(findRoute(REST, "GET", "/prod/authenticate"), "no-route");
  assert.deepEqual(findRoute(REST, "GET", "/prod/other"), { key: "$default", path: "/other" });
});

test("a path must start with a named stage", () => {
  const api = { ...HTTP, stage: "prod" };
  assert.deepEqual(findRoute(api, "POST", "/prod/authenticate"), FOUND);
  assert.deepEqual(findRoute(api, "GET", "/prod"), { key: "$default", path: "/" });
  assert.equal(findRoute(api, "POST", "/authenticate"), "no-stage");
  assert.equal(findRoute(api, "POST", "/production/authenticate"), "no-stage");
});

test("a base path replaces the stage in the URL", () => {
  const api = { ...HTTP, stage: "prod", basePath: "auth" };
  assert.deepEqual(findRoute(api, "POST", "/auth/authenticate"), FOUND);
  assert.equal(findRoute(api, "POST", "/prod/authenticate"), "no-stage");
});
