// Two operators, in both orders. A proxy delays the first write of one until the other has ended. write-list.test.ts has
// the other moments.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { type LocalRequest, startHttpServer } from "../../../local/http-server.ts";
import { ec, rsa } from "../../functions/issuer/samples.ts";
import { type CliResult, cli, useLocalAws } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { ADMIN, exits, PREFIX, useCluster } from "../mappings/cluster.ts";

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

const KEPT = /^Another operator changed \S+ at the same time\. Both changes are kept\.\n/m;

interface Pair {
  readonly what: string;
  /** The list, below the prefix. */
  readonly name: string;
  /** `undefined`: the parameter does not exist. */
  readonly before: readonly object[] | undefined;
  readonly words: readonly [readonly string[], readonly string[]];
  /** The stored list after both have ended, in either order, without the hashes of callers. */
  readonly after: readonly object[];
}

const deny = (name: string, ...words: string[]) => ["mappings", "deny", user(name), ...words];
const pattern = (username: string) => ({ arnLike: `arn:aws:iam::111122223333:role/${username}-*`, username });
const set = (name: string) =>
  ["mappings", "set", pattern(name).arnLike, "--username", name, "--allow-weakening"] as const;
const PAIRS: readonly Pair[] = [
  {
    what: "an ended denial is renewed while another is written: the later end stays",
    name: DENY,
    before: [{ arnLike: user("ended"), notAfter: SOON }],
    words: [deny("other"), deny("ended", "--until", LATER)],
    after: [{ arnLike: user("ended"), notAfter: LATER }, { arnLike: user("other") }],
  },
  {
    what: "allow removes the last denial while another is written: the other stays",
    name: DENY,
    before: [{ arnLike: user("last") }],
    words: [["mappings", "allow", user("last"), "--allow-weakening"], deny("other")],
    after: [{ arnLike: user("other") }],
  },
  {
    what: "the first two denials are written: both are in the list",
    name: DENY,
    before: undefined,
    words: [deny("one"), deny("two")],
    after: [{ arnLike: user("one") }, { arnLike: user("two") }],
  },
  {
    what: "two callers are added: both are accepted",
    name: "callers",
    before: [{ name: "kept", sha256: "0".repeat(64) }],
    words: [
      ["callers", "add", "one"],
      ["callers", "add", "two"],
    ],
    after: [{ name: "kept" }, { name: "one" }, { name: "two" }],
  },
  {
    what: "two patterns are set: both are in the list",
    name: "pattern/111122223333",
    before: [pattern("a")],
    words: [set("b"), set("c")],
    after: [pattern("a"), pattern("b"), pattern("c")],
  },
];

async function newest(name: string): Promise<string> {
  const ssm = new SSMClient({ endpoint: cluster.store.url });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${PREFIX}/${name}` }));
  ssm.destroy();
  return Parameter?.Value ?? "";
}

for (const { what, name, before, words, after } of PAIRS) {
  for (const [first, second] of [words, words.toReversed()] as (typeof words)[]) {
    test(`${what} (${first[1]} ${first[2]?.split("/").at(-1)} is held)`, async () => {
      if (before !== undefined) cluster.put(name, before);
      const [held, other] = await together(first, second);
      assert.deepEqual([held.code, other.code], [0, 0], held.err + other.err);
      assert.match(held.err, KEPT);
      assert.doesNotMatch(other.err, /Another operator/);
      const stored: readonly { sha256?: string }[] = JSON.parse(await newest(name));
      const rest = stored.map(({ sha256: _, ...entry }) => JSON.stringify(entry));
      assert.deepEqual(rest.toSorted(), after.map((entry) => JSON.stringify(entry)).toSorted());
      for (const { out } of name === "callers" ? [held, other] : []) {
        const token = out.trim().split("\n").at(-1) ?? "";
        assert.ok(
          stored.some(({ sha256 }) => sha256 === hash("sha256", token)),
          "its token is not accepted",
        );
      }
    });
  }
}

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

test("a removal that grants access only combined with another operator's removal fails", async () => {
  cluster.put("user/111122223333/alice", { arn: user("alice"), username: "alice", groups: ["developers"] });
  const [narrow, wide] = [{ arnLike: user("al*") }, { arnLike: user("a*") }];
  const allow = ({ arnLike }: typeof narrow, ...words: string[]) => ["mappings", "allow", arnLike, ...words];
  cluster.put(DENY, [narrow, wide]);
  // By itself, the first removal grants alice nothing: the wide pattern still denies her. So it needed no acceptance.
  const [held, other] = await together(allow(narrow), allow(wide, "--allow-weakening"));
  assert.deepEqual([held.code, other.code], [1, 0], held.err + other.err);
  assert.match(
    held.err,
    /^Another operator changed \S+ at the same time\. .*user\/al\* is no longer denied by deny\/111122223333: user\/111122223333\/alice applies and gives alice \(developers\)\. Their change is kept\.\n/m,
  );
  assert.match(held.err, /^Nothing was written\./m);
  assert.deepEqual(await cluster.value(DENY), [narrow]);
});

test("a list is not merged with a version that the function rejects, whose text stays as it is", async () => {
  // A repeated key: the function denies every identity that the list covers, and a merge would drop it.
  const theirs = `[{"arnLike":"${user("x")}"},{"arnLike":"${user("y")}","notAfter":"${LATER}","notAfter":"${SOON}"}]`;
  cluster.put(DENY, [{ arnLike: user("x") }]);
  let isLater = false;
  cluster.store.fail((request) => {
    if (isWrite(request) && !isLater) cluster.store.put(`${PREFIX}/${DENY}`, theirs);
    isLater ||= isWrite(request);
    return undefined;
  });
  const message = /^Another operator changed \S+ at the same time, and the list is now invalid: .*repeated/m;
  await exits(run(deny("new"), cluster.store.url), 1, message);
  assert.equal(await newest(DENY), theirs);
});
