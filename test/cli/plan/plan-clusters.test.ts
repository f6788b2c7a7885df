// The clusters of a command: what is skipped, and what fails before a plan.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../cli/aws/connection.ts";
import type { ChosenCluster } from "../../../cli/cmdline/chosen-clusters.ts";
import type { Failure } from "../../../cli/io/errors.ts";
import { createSecrets } from "../../../cli/io/run.ts";
import { planClusters } from "../../../cli/plan/plan-clusters.ts";
import { startParameterStore } from "../../local-aws.ts";
import { useLocalAws } from "../cli.ts";
import { useFolder, useServer } from "../fixtures.ts";
import { terminal } from "./connection.ts";

/** STS does not answer: an account is known only if the profile claims it. */
useServer(async () => {
  const store = await startParameterStore({ servesRegion: () => true });
  useLocalAws({
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_ENDPOINT_URL_SSM: store.url,
    AWS_ACCESS_KEY_ID: "",
  });
  return store;
});
const folder = useFolder();

const [A, B] = ["111122223333", "444455556666"];
const KEYS = "aws_access_key_id = AKIALOCALOPERATORAAA\naws_secret_access_key = local/only";
const CONFIG = Object.entries({ a: A, same: A, b: B, unknown: undefined, other: undefined })
  .map(
    ([name, account]) =>
      `[profile ${name}]\n${KEYS}\n${account ? `aws_account_id = ${account}\n` : ""}`,
  )
  .join("");

/** The messages, then the place of each plan, or its error. */
async function placesOf(
  clusters: readonly Partial<ChosenCluster>[],
  partition?: string,
  isSeveral = clusters.length > 1,
) {
  process.env["AWS_CONFIG_FILE"] = folder.write("aws", CONFIG);
  const { run, texts } = terminal("", { secrets: createSecrets() });
  const named = clusters.map((cluster, index) => ({
    name: `c${index}`,
    cluster: "prod",
    ...cluster,
  }));
  const places = new Map<string, string>();
  const plan = async ({ config, review }: Connection, { name }: { readonly name: string }) => {
    places.set(name, `${name} in ${config.region} ${review.prefix}`);
    return undefined;
  };
  try {
    const target = { partition };
    const planned = await planClusters({ chosen: named, isSeveral }, {}, run, plan, target);
    for (const cluster of planned.clusters) {
      if (cluster.state !== "unplanned") continue;
      const { name, failure } = cluster;
      places.set(name, `${name}: exit ${failure.exitCode}: ${failure.message}`);
    }
  } catch (error) {
    const { exitCode, message } = error as Failure;
    texts.push(`exit ${exitCode}: ${message}`);
  }
  return [...texts, ...named.flatMap(({ name }) => places.get(name) ?? [])];
}

const ANOTHER = "c0: Skipped: region cn-north-1 is in partition aws-cn, not aws.";
const HERE = "in us-east-1 /iam-authenticator/prod";
const both = [`c0 ${HERE}`, `c1 ${HERE}`];
const lines = ["c1: Skipped: it is the same store as c0.", `c0 ${HERE}`];
const elsewhere = ["cn-north-1", "us-gov-west-1"].map((region) => ({ region }));
// biome-ignore format: a table
const ROWS: readonly (readonly [what: string, clusters: readonly Partial<ChosenCluster>[], ...texts: string[]])[] = [
  ["one account, region and prefix is one store", [{ profile: "a" }, { profile: "same" }], ...lines],
  ["two accounts", [{ profile: "a" }, { profile: "b" }], ...both],
  ["two prefixes", [{ profile: "a" }, { profile: "a", prefix: "/x" }], ...both.slice(0, 1), "c1 in us-east-1 /x"],
  ["two regions", [{ profile: "a" }, { profile: "a", region: "eu-west-1" }], ...both.slice(0, 1), "c1 in eu-west-1 /iam-authenticator/prod"],
  ["an unknown account is that of its profile", [{ profile: "unknown" }, { profile: "unknown" }], ...lines],
  ["two profiles of unknown accounts", [{ profile: "unknown" }, { profile: "other" }], ...both],
  ["another partition is skipped", [...elsewhere.slice(0, 1), { profile: "a" }], ANOTHER, ...both.slice(1)],
  ["no cluster is in the partition", elsewhere, ANOTHER, "c1: Skipped: region us-gov-west-1 is in partition aws-us-gov, not aws.", "exit 2: No cluster is in partition aws. Nothing was written."],
  ["a wrong region fails when its plan is made", [{ region: "nowhere" }, { profile: "a" }], ...["c0: exit 2: nowhere is not an AWS region.", ...both.slice(1)]],
];
for (const [what, clusters, ...texts] of ROWS) {
  test(what, async () => assert.deepEqual(await placesOf(clusters, "aws"), texts));
}

test("clusters of one account and Region share limits, and with one profile a client", async () => {
  process.env["AWS_CONFIG_FILE"] = folder.write("aws", CONFIG);
  const { run } = terminal("", { secrets: createSecrets() });
  const places = [
    ...["a", "a", "same", "b"].map((profile) => ({ profile })),
    { profile: "a", region: "eu-west-1" },
  ];
  const clusters = places.map((place, index) => ({
    name: `c${index}`,
    cluster: `c${index}`,
    ...place,
  }));
  const found = new Map<string, Connection>();
  await planClusters(
    { chosen: clusters, isSeveral: true },
    {},
    run,
    async (connection, { name }) => {
      found.set(name, connection);
      return undefined;
    },
  );
  const [first, ...others] = clusters.map(({ name }) => found.get(name));
  const shared = (key: "rates" | "ssm") => others.map((other) => other?.[key] === first?.[key]);
  assert.deepEqual(shared("rates"), [true, true, false, false]);
  assert.deepEqual(shared("ssm"), [true, false, false, false]);
});

test("without a partition, no region is skipped, and a single cluster has no name in messages", async () => {
  const there = "cn-north-1 /iam-authenticator/prod";
  assert.deepEqual(await placesOf([{ profile: "a", region: "cn-north-1" }]), [`c0 in ${there}`]);
  const all = await placesOf([{ profile: "a", region: "cn-north-1" }], undefined, true);
  assert.deepEqual(all, [`c0 in ${there}`]);
});
