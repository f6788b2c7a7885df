// Label selectors as kube-apiserver evaluates them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { selects } from "../../../cli/irsa/kubernetes-object.ts";

const LABELS = { team: "a", tier: "web" };

const expression = (key: string, operator: string, values?: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
});

for (const [name, selector, expected] of [
  ["no selector", undefined, true],
  ["an empty selector", {}, true],
  ["an equal label", { matchLabels: { team: "a" } }, true],
  ["another value", { matchLabels: { team: "b" } }, false],
  ["two labels, one of them different", { matchLabels: { team: "a", tier: "db" } }, false],
  ["In", expression("team", "In", ["b", "a"]), true],
  ["In, another value", expression("team", "In", ["b"]), false],
  ["In, no label", expression("zone", "In", ["a"]), false],
  ["NotIn", expression("team", "NotIn", ["b"]), true],
  ["NotIn, a listed value", expression("team", "NotIn", ["a"]), false],
  ["NotIn, no label", expression("zone", "NotIn", ["a"]), true],
  ["Exists", expression("team", "Exists"), true],
  ["Exists, no label", expression("zone", "Exists"), false],
  ["Exists, a name of every object", expression("toString", "Exists"), false],
  ["DoesNotExist", expression("zone", "DoesNotExist"), true],
  ["DoesNotExist, a label", expression("team", "DoesNotExist"), false],
  ["labels and expressions, both", { matchLabels: { team: "a" }, ...expression("tier", "DoesNotExist") }, false],
] as const) {
  test(`${name}: ${expected ? "selects" : "does not select"}`, () => {
    assert.equal(selects(selector, LABELS), expected);
  });
}
