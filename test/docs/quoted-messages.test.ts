// Messages of AWS that a page quotes, so that a search finds the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
const [troubleshoot, deploy] = ["troubleshoot.md", "deploy.md"].map(read) as [string, string];

/**
 * CloudFormation's events of accounts with 10, 50 and 1,000 concurrent executions: awslabs/amazon-neptune-tools 324,
 * aws-samples/one-observability-demo 278, https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const reserved = (least: number) =>
  `Resource handler returned message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${least}]. (Service: Lambda, Status Code: 400, Request ID: b26c3792)" (RequestToken: 0800020a, HandlerErrorCode: InvalidRequest)`;

test("an account that cannot reserve 8 environments finds its message, and the step that decides", () => {
  const row = troubleshoot.split("\n").find((line) => line.includes("ReservedConcurrentExecutions")) ?? assert.fail();
  const quoted = [...row.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
  assert.ok(reserved(100).includes(quoted[0] ?? ""), quoted[0]);
  for (const least of [10, 50, 100]) assert.ok(quoted.some((text) => text.endsWith(`[${least}]`)));
  assert.match(row, /\(deploy\.md#1-deploy-the-stack\)/);
  const [, step = ""] = /## 1\. Deploy the stack\n(.*?)\n## /s.exec(deploy) ?? [];
  assert.match(step, /`"reservedConcurrency": false`/);
});
