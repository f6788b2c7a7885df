// docs/reference.md lists every context key of the schema: in its tables with the real default, or as a prop of the construct.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { readCluster } from "../../infra/context/cluster.ts";
import { clusterStack } from "../../infra/context/cluster-stack.ts";
import { readClusters } from "../../infra/context/clusters.ts";
import { CLUSTERS } from "../infra/clusters.ts";

const read = (page: string): string => readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
const reference = read("docs/reference.md");

interface Row {
  readonly keys: readonly string[];
  readonly byDefault: string;
}

/** Keys and defaults of the table with this header row, as written. */
function rows(head: string): Row[] {
  const [, table = ""] = reference.split(`| ${head} |`);
  const lines = (table.split("\n\n")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, keys = "", byDefault = ""] = line.split(/(?<!\\)\|/);
    return { keys: [...keys.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key), byDefault: byDefault.trim() };
  });
}

const [, PROPS_SENTENCE = ""] = /with the same meaning and default: (.*?)\. The others are:/s.exec(reference) ?? [];
const PROPS = [...PROPS_SENTENCE.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key);
/** The props of the construct, with the `@default` of their comments. */
const DECLARED = ["infra/common-props.ts", "infra/props.ts"].flatMap((file) =>
  [...read(file).matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\??:/gs)].map(
    ([, comment = "", key = ""]): Row => {
      return { keys: [key], byDefault: /@default (.*)/.exec(comment)?.[1] ?? "" };
    },
  ),
);

/** The keys in the error for an unknown key. */
function keysOfSchema(cluster: object): string[] {
  try {
    readCluster(cluster);
  } catch (error) {
    const [, keys = ""] = /; the keys are (.*)$/.exec(String(error)) ?? [];
    return keys.split(", ");
  }
  return assert.fail("an unknown key did not fail");
}

const [, mtls, hidden] = CLUSTERS;
const SCHEMA = keysOfSchema({ clusterId: "a", zzz: 1 });

test("the table lists each key of the schema, except the construct's props", () => {
  const documented = [...rows("key | default | meaning").flatMap(({ keys }) => keys), ...PROPS];
  assert.deepEqual(documented.toSorted(), SCHEMA.toSorted());
});

const [, ENDPOINTS = ""] = /### Endpoints\n.*?```json\n(.*?)```/s.exec(reference) ?? [];
const OF_KIND = { http: {}, mtls: mtls?.endpoint, private: hidden?.endpoint };

test("the example of each kind of endpoint is valid and has each key of the schema", () => {
  const examples: { kind: keyof typeof OF_KIND }[] = JSON.parse(ENDPOINTS);
  assert.deepEqual(
    examples.map(({ kind }) => kind),
    Object.keys(OF_KIND),
  );
  for (const endpoint of examples) {
    const { kind } = endpoint;
    readCluster({ clusterId: "a", endpoint });
    const schema = keysOfSchema({ clusterId: "a", endpoint: { kind, ...OF_KIND[kind], zzz: 1 } });
    assert.deepEqual(Object.keys(endpoint).toSorted(), schema.toSorted());
  }
});

const WHERE = { clusterId: "a", account: "111122223333", region: "eu-west-1", vpc: hidden?.vpc };

function template(more: object): object {
  const app = new App({ context: { clusters: [{ ...WHERE, ...more }] } });
  const [cluster] = readClusters(app);
  return Template.fromStack(clusterStack(app, cluster ?? assert.fail())).toJSON();
}

/** Passed to the function unchanged; reference.test.ts tests the function's defaults. */
const SETTINGS = ["tokens", "userInfo", "logLevel"];

test("a documented default creates the same stack as an absent key, also that of a prop of the construct", () => {
  const without = template({});
  const props = DECLARED.filter(({ keys: [key = ""] }) => PROPS.includes(key));
  assert.equal(props.length, PROPS.length);
  const defaults = [...rows("key | default | meaning"), ...props]
    .map(({ keys: [key = ""], byDefault }) => ({ key, value: byDefault.replaceAll("`", "") }))
    .filter(({ value }) => /^(["{[].*|\d[\d.]*|true|false)$/.test(value));
  assert.equal(defaults.length, 16);
  for (const { key, value } of defaults) {
    if (SETTINGS.includes(key)) continue;
    assert.deepEqual(template({ [key]: JSON.parse(value) }), without, `${key}: ${value}`);
  }
});
