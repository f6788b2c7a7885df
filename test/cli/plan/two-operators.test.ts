// Two commands at the same time: a proxy delays the first write of one until the other has ended. The tests of each write
// have the other moments.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { type LocalRequest, startHttpServer } from "../../../local/aws/http-server.ts";
import { ec, rsa } from "../../functions/issuer/samples.ts";
import { type CliResult, cli, useLocalAws } from "../cli.ts";
import { ADMIN, PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

const user = (name: string) => `arn:aws:iam::111122223333:user/${name}`;
const [SOON, LATER] = ["2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"];
const DENY = "deny/111122223333";

const folder = useFolder();
const cluster = useCluster(ADMIN);

/** The command creates its client before it first waits, so two with different stores can run at once. */
function run(words: readonly string[], store: string): Promise<CliResult> {
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store });
  return cli([...words, "-c", "prod", "--yes"]);
}

const isWrite = ({ headers }: LocalRequest) => headers["x-amz-target"] === "AmazonSSM.PutParameter";

/** Runs the second operator while the first write of the first one is delayed. */
async function together(first: readonly string[], second: readonly string[]): Promise<[CliResult, CliResult]> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const proxy = await startHttpServer(async (request) => {
    if (isWrite(request)) {
      arrived.resolve();
      await released.promise;
    }
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const answer = await fetch(cluster.store.url, { method: "POST", headers, body: new Uint8Array(request.body) });
    return {
      status: answer.status,
      headers: { "content-type": answer.headers.get("content-type") ?? "" },
      body: Buffer.from(await answer.arrayBuffer()),
    };
  });
  try {
    const running = run(first, proxy.url);
    const early = await Promise.race([arrived.promise, running]);
    assert.equal(early, undefined, `it wrote nothing: ${JSON.stringify(early)}`);
    const ended = await run(second, cluster.store.url);
    released.resolve();
    return [await running, ended];
  } finally {
    await proxy.close();
  }
}

const deny = (name: string, ...words: string[]) => ["mappings", "deny", user(name), ...words];

async function newest(name: string): Promise<string> {
  const ssm = new SSMClient({ endpoint: cluster.store.url });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${PREFIX}/${name}` }));
  ssm.destroy();
  return Parameter?.Value ?? "";
}

test("two callers are added: both are accepted", async () => {
  cluster.put("callers", [{ name: "kept", sha256: "0".repeat(64) }]);
  const [held, other] = await together(["callers", "add", "one"], ["callers", "add", "two"]);
  assert.deepEqual([held.code, other.code], [0, 0], held.err + other.err);
  assert.match(held.err, /^Another operator changed \S+ at the same time\. Both changes are kept\.\n/m);
  assert.doesNotMatch(other.err, /Another operator/);
  const tokens = [other, held].map(({ out }) => hash("sha256", out.trim().split("\n").at(-1) ?? ""));
  const stored: readonly { name: string; sha256: string }[] = JSON.parse(await newest("callers"));
  assert.deepEqual(
    stored.map(({ name, sha256 }) => [name, sha256]),
    [["kept", "0".repeat(64)], ...["two", "one"].map((name, index) => [name, tokens[index]])],
  );
});

test("when one denial is removed and renewed, the first change is kept and the second operator gets an error", async () => {
  const pair = [["mappings", "allow", user("x"), "--allow-weakening"], deny("x", "--until", LATER)] as const;
  for (const [first, second, left] of [
    [pair[0], pair[1], [{ arnLike: user("x"), notAfter: LATER }]],
    [pair[1], pair[0], []],
  ] as const) {
    cluster.put(DENY, [{ arnLike: user("x"), notAfter: SOON }]);
    const [held, other] = await together(first, second);
    assert.deepEqual([held.code, other.code], [1, 0], held.err + other.err);
    assert.match(held.err, /^Another operator changed \S+user\/x in .*\. Their change is kept, .*\nNothing /m);
    assert.deepEqual(await cluster.value(DENY), left);
  }
});

test("two operators publish a key each: both are served", async () => {
  const [one, two] = [rsa(), ec("P-256")];
  const publish = ({ jwk }: typeof one) => {
    const file = folder.write(`${jwk.kid}.json`, JSON.stringify({ keys: [jwk] }));
    return ["irsa", "keys", "publish", "--jwks", file];
  };
  const results = await together(publish(one), publish(two));
  for (const { code, err } of results) assert.deepEqual([code, /^Wrote 1 parameter\./m.test(err)], [0, true], err);
  for (const { jwk } of [one, two]) {
    assert.deepEqual(JSON.parse(await newest(`issuer/${jwk.kid}`)).kid, jwk.kid);
  }
  // The same key, over a parameter that is invalid: both wrote the same.
  cluster.store.put(`${PREFIX}/issuer/${one.jwk.kid}`, "{");
  const same = await together(publish(one), publish(one));
  for (const { code, err } of same) assert.deepEqual([code, /^Wrote 1 parameter\./m.test(err)], [0, true], err);
});
