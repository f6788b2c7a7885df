// The deployed asset has exactly the files of `npm run build`, and answers the events in events/.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { App } from "aws-cdk-lib";
import { stackOf } from "./stacks.ts";

const root = join(import.meta.dirname, "..", "..");
const built = join(root, "dist", "authenticator");
const outdir = mkdtempSync(join(tmpdir(), "asset-"));
let asset: string;
before(() => {
  const { app } = stackOf("http", {}, new App({ outdir }));
  app.synth();
  const assets = readdirSync(outdir).filter((name) => name.startsWith("asset."));
  const found = assets.find((name) => readdirSync(join(outdir, name)).includes("ec2-node-name.mjs"));
  assert.ok(found !== undefined && assets.length === 2, assets.join(" "));
  asset = join(outdir, found);
});
after(() => rmSync(outdir, { recursive: true }));

test("the asset has the files of the build, byte for byte", () => {
  const names = readdirSync(built).sort();
  assert.ok(names.includes("index.mjs"));
  assert.deepEqual(readdirSync(asset).sort(), names);
  for (const name of names) {
    assert.ok(readFileSync(join(asset, name)).equals(readFileSync(join(built, name))), name);
  }
});

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
  const { handler } = await import(pathToFileURL(join(asset, "index.mjs")).href);
  return handler;
}

const EVENTS: Readonly<Record<string, [number, RegExp]>> = {
  "payload-1.0.json": [200, /"authenticated":false,"error":"token_expired: /],
  "payload-2.0.json": [200, /"authenticated":false,"error":"token_expired: /],
  "bare.json": [200, /"authenticated":false,"error":"token_expired: /],
};

test("every event in events/ is answered by the asset's handler", async () => {
  assert.deepEqual(readdirSync(join(root, "events")).sort(), Object.keys(EVENTS).sort());
  const handler = await loadHandler();
  for (const [name, [statusCode, body]] of Object.entries(EVENTS)) {
    const event: unknown = JSON.parse(readFileSync(join(root, "events", name), "utf8"));
    const answer = await handler(event, { awsRequestId: "1" });
    assert.equal(answer.statusCode, statusCode, name);
    assert.match(answer.body, body, name);
  }
});
