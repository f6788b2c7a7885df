// Authentication of kube-apiserver to the webhook, and its failures.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { useServer } from "../cli/fixtures.ts";
import { type Backend, callersParameter, newCallerToken } from "./cluster/backend.ts";
import { loggedRefusal, login, reviewsOf, startCluster } from "./cluster.ts";
import { eventually } from "./control-plane/process.ts";
import { certifiedUser } from "./kubernetes.ts";

describe("by bearer token", () => {
  const cluster = useServer(() =>
    startCluster({
      webhooks: [
        {},
        { user: () => ({ token: newCallerToken() }) },
        { user: ({ callerToken }, folder) => ({ tokenFile: writeToken(folder, callerToken) }) },
      ],
    }),
  );

  function writeToken(folder: string, token: string): string {
    const file = join(folder, "caller-token");
    writeFileSync(file, token, { mode: 0o600 });
    return file;
  }

  test("with a wrong token, logins fail after one call without retries, and the log has the reason", async () => {
    const [right, wrong] = cluster.apiservers;
    const reviews = await reviewsOf(cluster, async () =>
      assert.equal(await login(wrong), undefined),
    );
    assert.deepEqual(
      [reviews.map(({ outcome }) => outcome), cluster.backend.sts.requests],
      [["caller_refused"], []],
    );
    await loggedRefusal(wrong, /caller_refused: the bearer token is not in the list of callers/);
    assert.equal(await login(right), "alice");
  });

  test("a token is rotated without a restart and without failed logins", {
    timeout: 300_000,
  }, async () => {
    const { callerToken, store, gateway } = cluster.backend;
    const [other, , rotating] = cluster.apiservers;
    const next = newCallerToken();

    async function publish(tokens: readonly string[]): Promise<void> {
      for (const [name, value] of Object.entries(callersParameter(tokens))) store.put(name, value);
      const published = store.requests.length;
      // every function must read the list again
      await eventually("the function reads the list of callers again", 70_000, async () => {
        assert.equal(await login(rotating), "alice");
        const isCallers = (body: Buffer) => body.toString().includes("/callers");
        return store.requests.slice(published).some(({ body }) => isCallers(body));
      });
    }

    await publish([callerToken, next]);
    writeToken(cluster.folder, next);
    // client-go rereads a tokenFile after a minute: transport.NewCachedFileTokenSource
    await eventually("kube-apiserver sends the new token", 70_000, async () => {
      assert.equal(await login(rotating), "alice");
      return gateway.events.at(-1)?.headers["authorization"] === `Bearer ${next}`;
    });
    await publish([next]);
    assert.equal(await login(rotating), "alice");
    assert.equal(await login(other), undefined);
  });
});

test("by client certificate: only the subjects in CALLER_SUBJECTS are accepted", async (t) => {
  const user = ({ authority }: Backend) =>
    certifiedUser(authority.client({ O: "Example", CN: "kube-apiserver" }));
  const cluster = await startCluster({
    callerAuth: "mtls",
    webhooks: [{ user }, { user: () => ({}) }],
  });
  t.after(() => cluster.stop());
  const [certified, bare] = cluster.apiservers;
  const { redeploy, reviews, gateway } = cluster.backend;
  assert.equal(await login(certified), "alice");

  const before = gateway.events.length;
  assert.equal(await login(bare), undefined);
  assert.equal(gateway.events.length, before);
  await loggedRefusal(bare, /EOF|connection reset|broken pipe|certificate required/);

  redeploy({ CALLER_SUBJECTS: "O=Example,CN=somebody else" });
  assert.equal(await login(certified), undefined);
  assert.equal(reviews().at(-1)?.outcome, "caller_refused");
  redeploy({ CALLER_SUBJECTS: "O=Example,CN=somebody else; O=Example,CN=kube-apiserver" });
  assert.equal(await login(certified), "alice");
});
