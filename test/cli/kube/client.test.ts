// Requests to the webhook: which of them have the caller's token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createSecrets } from "../../../cli/io/run.ts";
import { openEndpoint } from "../../../cli/kube/client.ts";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { terminal } from "../plan/connection.ts";

test("an anonymous request has no token, also to an endpoint that has one", async (t) => {
  const server = await startHttpServer(() => ({ status: 200, body: "{}" }));
  t.after(() => server.close());
  const endpoint = openEndpoint(
    { server: server.url, token: "of-the-caller" },
    terminal("", { secrets: createSecrets() }).run,
  );
  await endpoint.send("GET", "", { anonymous: true });
  await endpoint.send("GET");
  assert.deepEqual(
    server.requests.map(({ headers }) => headers["authorization"]),
    [undefined, "Bearer of-the-caller"],
  );
});
