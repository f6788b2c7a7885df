// The built bundle answers the events in events/. test/e2e/package.e2e.ts compares the bundle with what a stack deploys.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..", "..");

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}
type Handler = (event: unknown, context: unknown) => Promise<Answer>;

/** The module reads its settings when it is loaded. Endpoints where no server listens keep requests on this machine. */
async function loadHandler(): Promise<Handler> {
  Object.assign(process.env, {
    CLUSTER_ID: "my-cluster",
    CALLER_AUTH: "none",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_STS: "https://127.0.0.1:9",
    AWS_ENDPOINT_URL_SSM: "https://127.0.0.1:9",
  });
  const { handler } = await import(pathToFileURL(join(root, "dist", "authenticator", "index.mjs")).href);
  return handler;
}

test("every event in events/ gets an answer: its token has expired", async () => {
  const names = readdirSync(join(root, "events")).sort();
  assert.deepEqual(names, ["bare.json", "payload-1.0.json", "payload-2.0.json"]);
  const handler = await loadHandler();
  for (const name of names) {
    const event: unknown = JSON.parse(readFileSync(join(root, "events", name), "utf8"));
    const { statusCode, body } = await handler(event, { awsRequestId: "1" });
    assert.equal(statusCode, 200, name);
    assert.match(body, /"authenticated":false,"error":"token_expired: /, name);
  }
});
