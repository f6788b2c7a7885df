// Ctrl-C before any call of a command that writes.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LocalRequest } from "../../../../local/aws/http-server.ts";
import { ec } from "../../../functions/issuer/samples.ts";
import { cli } from "../../cli.ts";
import { useCluster } from "./cluster.ts";

const A = "111122223333";
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const X = { arn: arn("role/x"), username: "x" };
const cluster = useCluster({ [`role/${A}/x`]: X }, "each");
const isWrite = ({ headers }: LocalRequest) =>
  /\.(?:Put|Delete)Parameter/.test(headers["x-amz-target"] ?? "");
const [STORED, NEXT] = [ec("P-256").jwk, ec("P-256").jwk];
const FILE = JSON.stringify({ mappings: [{ arn: arn("role/y"), username: "y" }] });

for (const [words, input] of [
  [`mappings set ${arn("role/y")} --username y`],
  [`mappings remove ${arn("role/x")}`],
  [`mappings deny ${arn("role/x")}`],
  ["mappings deny jane@example.com --person"],
  [`mappings rollback role/${A}/x`],
  ["mappings apply -f -", FILE],
  ["callers add a"],
  ["irsa keys publish --jwks -", JSON.stringify({ keys: [NEXT] })],
  [`irsa keys retire issuer/${STORED.kid} --force`],
] as const) {
  test(`${words.replace(STORED.kid, "<kid>")}: Ctrl-C before a write says that nothing was written`, async () => {
    if (words.includes("rollback")) cluster.put(`role/${A}/x`, { ...X, username: "later" });
    if (words.includes("retire")) cluster.put(`issuer/${STORED.kid}`, STORED);
    let point = 0;
    for (let isSent = true; isSent; point += 1) {
      assert.ok(point < 30);
      const stop = new AbortController();
      let calls = 0;
      let hasWritten = false;
      cluster.store.fail((request) => {
        hasWritten ||= isWrite(request);
        if (calls++ !== point || hasWritten) return undefined;
        stop.abort();
        return { kind: "silent" };
      });
      const options = { interrupted: stop.signal, ...(input !== undefined && { input }) };
      const { code, err } = await cli(`${words} -c prod -y`, options);
      cluster.store.fail(undefined);
      isSent = stop.signal.aborted;
      if (!isSent) break;
      assert.deepEqual(
        [code, err.trimEnd().split("\n").at(-1)],
        [130, "Nothing was written."],
        `before call ${point + 1}`,
      );
      assert.doesNotMatch(err, /Interrupted/);
    }
    assert.ok(point > 0);
  });
}
