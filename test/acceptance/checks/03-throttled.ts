// Check 3: the endpoint's status while Lambda throttles the function; kube-apiserver retries only some statuses.

import { accessEntries, sumOf } from "../logs.ts";
import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, GRANTED } from "../site.ts";
import { CACHES_MS, until } from "../world.ts";

const REQUESTS = 5;

export const check: Check = {
  number: 3,
  title: "Lambda throttles",
  minutes: 20,
  async run(site, rows) {
    const { world, aws, stack } = site;
    const { outputs } = await site.ensure();
    const FunctionName = outputs["FunctionName"] ?? "";
    const token = await site.token();
    // Sends a new bearer token each time, so that no cache responds.
    const send = (at: number) => site.review(token, `throttled-${at}`);
    const since = world.now();
    const statuses: number[] = [];

    // Lambda's guide documents 500 for a throttled function, but for REST APIs:
    // https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
    // kube-apiserver retries 429, 500, 502 and 504, but not 503.
    const retried = matching(`${REQUESTS} of 429, 500, 502 or 504`, /^(429|500|502|504)( (429|500|502|504)){4}$/);
    await aws("lambda", "put-function-concurrency", { FunctionName, ReservedConcurrentExecutions: 0 });
    try {
      await rows.see("statuses at the caller", retried, async () => {
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html: 0 throttles every invocation
        const look = () => send(0);
        await until(world, CACHES_MS, look, ({ httpStatus }) => httpStatus !== 401 && httpStatus !== 200);
        for (let at = 1; at <= REQUESTS; at += 1) statuses.push((await send(at)).httpStatus);
        return statuses.join(" ");
      });
    } finally {
      await aws("lambda", "delete-function-concurrency", { FunctionName });
    }

    await rows.see("served again", GRANTED, () => site.login(token));
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    const explained = matching("each with an integrationError", /^\d+ entries, all with an integrationError/);
    await rows.see("integrationError in the access log", explained, async () => {
      const entries = await accessEntries(site, stack, { since, statuses: /^5/, least: REQUESTS });
      const errors = entries.map(({ integrationError }) => String(integrationError ?? "-"));
      const without = errors.filter((error) => error === "-").length;
      if (entries.length < REQUESTS) return `${entries.length} entries with a status of 500 or more`;
      return `${entries.length} entries, ${without === 0 ? "all with an integrationError" : `${without} without one`}: ${errors[0]}`;
    });
    // The alarm Failing uses this metric: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    await rows.see("5xx metric", matching(`${REQUESTS} or more`, /^([5-9]|\d\d+)$/), async () => {
      const dimensions = { ApiId: await site.stacks.idOf(stack, "AWS::ApiGatewayV2::Api") };
      return String(await sumOf(site, "AWS/ApiGateway", "5xx", dimensions, since, REQUESTS));
    });

    // AWS documents the mapping for responses of the integration, and not whether it applies to this error:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
    await rows.see("logins go on at a standby", `redirected, then ${GRANTED}`, async () => {
      const standby = `${stack}-standby`;
      const { status, seen } = await site.stacks.deploy(standby, {
        clusterId: site.clusterId,
        stackName: standby,
        reservedConcurrency: false,
      });
      if (!COMPLETE.test(status)) return seen;
      const { Endpoint: failoverUrl } = await site.stacks.outputs(standby);
      const primary = await site.deploy({ failoverUrl });
      if (!COMPLETE.test(primary.status)) return primary.seen;
      await aws("lambda", "put-function-concurrency", { FunctionName, ReservedConcurrentExecutions: 0 });
      try {
        const send = () => site.review(token);
        return (await until(world, CACHES_MS, send, ({ seen: now }) => now === `redirected, then ${GRANTED}`)).seen;
      } finally {
        await aws("lambda", "delete-function-concurrency", { FunctionName });
      }
    });
  },
};
