// Label selectors as kube-apiserver evaluates them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { selects } from "../../../cli/irsa/kubernetes-object.ts";

const LABELS = { team: "a", tier: "web" };

for (const [name, selector, expected] of [
  ["no selector", undefined, true],
  ["an empty selector", {}, true],
  ["an equal label", { matchLabels: { team: "a" } }, true],
  ["another value", { matchLabels: { team: "b" } }, false],
  ["two labels, one of them different", { matchLabels: { team: "a", tier: "db" } }, false],
  ["In", { matchExpressions: [{ key: "team", operator: "In", values: ["b", "a"] }] }, true],
  ["In, another value", { matchExpressions: [{ key: "team", operator: "In", values: ["b"] }] }, false],
  ["In, no label", { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, false],
  ["NotIn", { matchExpressions: [{ key: "team", operator: "NotIn", values: ["b"] }] }, true],
  ["NotIn, a listed value", { matchExpressions: [{ key: "team", operator: "NotIn", values: ["a"] }] }, false],
  ["NotIn, no label", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
  ["Exists", { matchExpressions: [{ key: "team", operator: "Exists" }] }, true],
  ["Exists, no label", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
  ["Exists, a name of every object", { matchExpressions: [{ key: "toString", operator: "Exists" }] }, false],
  ["DoesNotExist", { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] }, true],
  ["DoesNotExist, a label", { matchExpressions: [{ key: "team", operator: "DoesNotExist" }] }, false],
  [
    "labels and expressions must both match",
    { matchLabels: { team: "a" }, matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
    false,
  ],
] as const) {
  test(`${name}: ${expected ? "selects" : "does not select"}`, () => {
    assert.equal(selects(selector, LABELS), expected);
  });
}
