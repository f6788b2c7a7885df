// `token --role` calls STS, and prints a token of the role that expires with the role's keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { cli, useLocalAws } from "../cli.ts";
import { exits } from "../mappings/cluster.ts";
import { prepare, useServer } from "../use-server.ts";
import { startAssumeRole } from "./assume-role.ts";

const ROLE = "arn:aws:iam::111122223333:role/Admin";
const sts = useServer(startAssumeRole);
prepare(() => useLocalAws({ AWS_ENDPOINT_URL_STS: sts.url }));

test("role, external id and session name are sent, and the token expires with the role's keys", async () => {
  const words = ["token", "-c", "prod", "--role", ROLE, "--external-id", "x-1", "--session-name", "me"];
  const { out } = await exits(cli(words, { now: Date.UTC(2026, 10, 24, 12, 55) }), 0);
  const form = new URLSearchParams(sts.requests[0]?.body.toString());
  const sent = ["Action", "RoleArn", "ExternalId", "RoleSessionName"].map((name) => form.get(name));
  assert.deepEqual(sent, ["AssumeRole", ROLE, "x-1", "me"]);
  const { expirationTimestamp, token } = JSON.parse(out).status;
  assert.equal(expirationTimestamp, "2026-11-24T13:00:00Z");
  const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
  assert.match(url, /X-Amz-Credential=ASIALOCAL0+1%2F.*&X-Amz-Security-Token=local-session&/);
});

test("a role that cannot be assumed is reported in one sentence", async () => {
  sts.fail({
    kind: "answer",
    status: 403,
    body: "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>",
  });
  const { code, out, err } = await cli(["token", "-c", "prod", "--role", ROLE]);
  assert.deepEqual([code, out, err], [3, "", "No permission: not authorized to perform: sts:AssumeRole.\n"]);
});

test("Ctrl-C does not wait for STS", async () => {
  sts.fail({ kind: "silent" });
  const interrupt = new AbortController();
  const started = cli(["token", "-c", "prod", "--role", ROLE], { interrupted: interrupt.signal });
  while (sts.requests.length < 3) await setTimeout(10);
  interrupt.abort();
  await exits(started, 130, "Interrupted.\n");
});
