// Authentication of kube-apiserver to the webhook, and its failures.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { callersParameter, newCallerToken } from "./cluster/backend.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import type { RunningApiserver } from "./control-plane/apiserver.ts";
import { eventually } from "./control-plane/eventually.ts";

async function loginAt(apiserver: RunningApiserver | undefined): Promise<string | undefined> {
  assert.ok(apiserver);
  return (await whoIs(apiserver, await freshToken("alice")))?.username;
}

async function assertLogged(apiserver: RunningApiserver | undefined, reason: RegExp): Promise<void> {
  const isLogged = () => apiserver?.log().split("\n").some(isReason) || undefined;
  const isReason = (line: string) => line.includes("Unable to authenticate the request") && reason.test(line);
  await eventually(`kube-apiserver logs ${reason}`, 5_000, isLogged);
}

describe("by bearer token", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({
      webhooks: [
        {},
        { user: () => ({ token: newCallerToken() }) },
        { user: ({ callerToken }, folder) => ({ tokenFile: writeToken(folder, callerToken) }) },
      ],
    });
  });
  after(() => cluster.stop());

  function writeToken(folder: string, token: string): string {
    const file = join(folder, "caller-token");
    writeFileSync(file, token, { mode: 0o600 });
    return file;
  }

  test("with a wrong token, logins fail after one call without retries, and the log has the reason", async () => {
    const [right, wrong] = cluster.apiservers;
    const before = cluster.backend.reviews().length;
    assert.equal(await loginAt(wrong), undefined);
    assert.deepEqual(
      cluster.backend
        .reviews()
        .slice(before)
        .map(({ outcome }) => outcome),
      ["caller_refused"],
    );
    assert.equal(cluster.backend.sts.requests.length, 0);
    await assertLogged(wrong, /caller_refused: the bearer token is not in the list of callers/);
    assert.equal(await loginAt(right), "alice");
  });

  test("a token is rotated without a restart and without failed logins", { timeout: 300_000 }, async () => {
    const { callerToken, store, gateway } = cluster.backend;
    const [other, , rotating] = cluster.apiservers;
    const next = newCallerToken();

    async function publish(tokens: readonly string[]): Promise<void> {
      for (const [name, value] of Object.entries(callersParameter(tokens))) store.put(name, value);
      const published = store.requests.length;
      // every function must read the list again
      await eventually("the function reads the list of callers again", 70_000, async () => {
        assert.equal(await loginAt(rotating), "alice");
        const isCallers = (body: Buffer) => body.toString().includes("/callers");
        return store.requests.slice(published).some(({ body }) => isCallers(body)) || undefined;
      });
    }

    await publish([callerToken, next]);
    writeToken(cluster.folder, next);
    // client-go rereads a tokenFile after a minute: transport.NewCachedFileTokenSource
    await eventually("kube-apiserver sends the new token", 70_000, async () => {
      assert.equal(await loginAt(rotating), "alice");
      return gateway.events.at(-1)?.headers["authorization"] === `Bearer ${next}` || undefined;
    });
    await publish([next]);
    assert.equal(await loginAt(rotating), "alice");
    assert.equal(await loginAt(other), undefined);
  });
});

describe("by client certificate", () => {
  const subject = { O: "Example", CN: "kube-apiserver" };
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({
      callerAuth: "mtls",
      webhooks: [
        {
          user: ({ authority }) => {
            const { cert, key } = authority.client(subject);
            return { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
          },
        },
        { user: () => ({}) },
      ],
    });
  });
  after(() => cluster.stop());

  function base64(text: string): string {
    return Buffer.from(text).toString("base64");
  }

  test("with the right certificate, users log in", async () => {
    assert.equal(await loginAt(cluster.apiservers[0]), "alice");
  });

  test("without a certificate, logins fail and the function is not called", async () => {
    const before = cluster.backend.gateway.events.length;
    assert.equal(await loginAt(cluster.apiservers[1]), undefined);
    assert.equal(cluster.backend.gateway.events.length, before);
    await assertLogged(cluster.apiservers[1], /EOF|connection reset|broken pipe|certificate required/);
  });

  test("CALLER_SUBJECTS allows only the listed subjects", async () => {
    cluster.backend.redeploy({ CALLER_SUBJECTS: "O=Example,CN=somebody else" });
    assert.equal(await loginAt(cluster.apiservers[0]), undefined);
    assert.equal(cluster.backend.reviews().at(-1)?.outcome, "caller_refused");
    cluster.backend.redeploy({ CALLER_SUBJECTS: "O=Example,CN=somebody else; O=Example,CN=kube-apiserver" });
    assert.equal(await loginAt(cluster.apiservers[0]), "alice");
  });
});
