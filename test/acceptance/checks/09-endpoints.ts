// Check 9: an mTLS endpoint and a private endpoint, if the operator provides a domain and a VPC.

import { readFileSync } from "node:fs";
import { partitionOfRegion } from "../../../functions/aws/partitions.ts";
import { defaultStackName } from "../../../functions/settings/stack.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { accessEntries } from "../logs.ts";
import { postReview, readReview, untilGranted } from "../reviews.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, GRANTED, type Site } from "../site.ts";
import { until } from "../world.ts";

const complete = matching("CREATE_COMPLETE", COMPLETE);

export const check: Check = {
  number: 9,
  title: "Other endpoints",
  minutes: 20,
  async run(site, rows) {
    await mtls(site, rows);
    await privateEndpoint(site, rows);
  },
};

async function mtls(site: Site, rows: Rows): Promise<void> {
  const given = site.inputs.mtls;
  if (given === undefined) return rows.leaveOut("mtls", GRANTED, "no --mtls");
  const { world, aws } = site;
  const clusterId = `${site.clusterId}-mtls`;
  const stack = defaultStackName(clusterId);
  const { endpoint, clientCert, clientKey } = given;
  const tls = { cert: readFileSync(clientCert, "utf8"), key: readFileSync(clientKey, "utf8") };
  const since = world.now();
  const context = { clusterId, endpoint: { ...endpoint, kind: "mtls" } };
  if (
    !(await rows.see(
      "mtls: deploy",
      complete,
      async () => (await site.stacks.deploy(stack, context)).seen,
    ))
  )
    return;
  // Connects to API Gateway's name for the domain, so no DNS record is needed. TLS and Host use the
  // domain.
  const send = async (token: string, certificate?: { cert: string; key: string }) => {
    const { DomainNameConfigurations } = await aws<{
      DomainNameConfigurations: { ApiGatewayDomainName: string }[];
    }>("apigatewayv2", "get-domain-name", { DomainName: endpoint.domainName });
    const server = `https://${DomainNameConfigurations[0]?.ApiGatewayDomainName}/authenticate`;
    const options = {
      host: endpoint.domainName,
      ...(certificate !== undefined && { tls: certificate }),
    };
    return postReview(world, { server }, token, options);
  };
  await rows.see("mtls: review", GRANTED, async () => {
    const { arn, credentials } = await site.role();
    await site.map(arn, "acceptance:{SessionName}", clusterId);
    const token = await site.tokenOf(credentials, clusterId);
    return untilGranted(world, () => send(token, tls));
  });
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html
  const refused = matching("a closed connection, or HTTP 403", /^(no answer: \w+|HTTP 403\b)/);
  await rows.see("mtls: no certificate", refused, async () => (await send("k8s-aws-v1.test")).seen);
  await rows.see("mtls: the logged subject", endpoint.subjects.join(" or "), async () => {
    const [entry] = await accessEntries(site, stack, { since, statuses: /^200$/, least: 1 });
    return String(entry?.["clientSubject"] ?? "no entry");
  });
}

/** A new permission takes some seconds to propagate. */
const PERMITTED_MS = 60_000;

/**
 * Runs an action while `test-invoke-method` may invoke the function. It invokes as the stage
 * `test-invoke-stage`, which the permission of the stack's stage does not include.
 */
async function whileTestable<T>(
  site: Site,
  stack: string,
  restApiId: string,
  action: () => Promise<T>,
): Promise<T> {
  const { aws, stacks, world } = site;
  const { id, partition } = await site.account();
  const { FunctionName = "" } = await stacks.outputs(stack);
  const permission = { FunctionName, Qualifier: "live", StatementId: "acceptance-test-invoke" };
  const SourceArn = `arn:${partition}:execute-api:${world.region}:${id}:${restApiId}/test-invoke-stage/POST/authenticate`;
  const granted = {
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
    SourceArn,
  };
  await aws("lambda", "add-permission", { ...permission, ...granted });
  try {
    return await action();
  } finally {
    await aws("lambda", "remove-permission", permission);
  }
}

async function privateEndpoint(site: Site, rows: Rows): Promise<void> {
  const given = site.inputs.private;
  const answered = matching("HTTP 401 by the function", /^HTTP 401: caller_refused/);
  if (given === undefined) return rows.leaveOut("private", answered.text, "no --private");
  const { aws, world } = site;
  // The role is an account setting, which this command never changes.
  const { cloudwatchRoleArn } = await aws<{ cloudwatchRoleArn?: string }>(
    "apigateway",
    "get-account",
  );
  if (cloudwatchRoleArn === undefined) {
    return rows.leaveOut(
      "private",
      answered.text,
      "the account has no log role of API Gateway (docs/deploy.md)",
    );
  }
  const clusterId = `${site.clusterId}-private`;
  const stack = defaultStackName(clusterId);
  const context = { clusterId, endpoint: { ...given.endpoint, kind: "private" } };
  if (
    !(await rows.see(
      "private: deploy",
      complete,
      async () => (await site.stacks.deploy(stack, context)).seen,
    ))
  )
    return;
  const restApiId = await site.stacks.idOf(stack, "AWS::ApiGateway::RestApi");
  // Calls the integration without the network:
  // https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html
  await rows.see("private: the function answers", answered, async () => {
    type Resources = { items: Record<"id" | "path", string>[] };
    const { items } = await aws<Resources>("apigateway", "get-resources", { restApiId });
    const resourceId = items.find(({ path }) => path === "/authenticate")?.id ?? "";
    const headers = { authorization: "Bearer not-a-caller", "content-type": "application/json" };
    const input = {
      restApiId,
      resourceId,
      httpMethod: "POST",
      headers,
      body: tokenReview("k8s-aws-v1.test"),
    };
    const invoke = async () => {
      const { status, body } = await aws<{ status: number; body: string }>(
        "apigateway",
        "test-invoke-method",
        input,
      );
      return readReview(status, body);
    };
    const isAnswer = ({ httpStatus }: { httpStatus: number }) => httpStatus === 401;
    return whileTestable(
      site,
      stack,
      restApiId,
      async () => (await until(world, PERMITTED_MS, invoke, isAnswer)).seen,
    );
  });
  await rows.see(
    "private: from the internet",
    matching("no answer, or HTTP 403", /^(no answer|HTTP 403)/),
    async () => {
      const domain = partitionOfRegion(world.region)?.domain ?? "amazonaws.com";
      const server = `https://${restApiId}.execute-api.${world.region}.${domain}/authenticate`;
      return (await postReview(world, { server }, "k8s-aws-v1.test")).seen;
    },
  );
}
