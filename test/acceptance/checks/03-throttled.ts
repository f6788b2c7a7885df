// Check 3: what the caller receives if the function fails, without and with a standby;
// kube-apiserver retries only some statuses.

import {
  FAILURES,
  type Failure,
  integrationOf,
  SILENT,
  whileFailing,
  withoutMapping,
  withVersion,
} from "../failures.ts";
import { accessEntries, sumOf } from "../logs.ts";
import type { Review } from "../reviews.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, GRANTED, ROLE_USER, type Site } from "../site.ts";
import { CACHES_MS, until } from "../world.ts";

const REQUESTS = 5;
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const LOW_BURST = [
  ...[
    "af-south-1",
    "eu-south-1",
    "eu-south-2",
    "eu-central-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
  ],
  ...["ap-southeast-7", "ap-south-2", "me-central-1", "il-central-1", "ca-west-1", "mx-central-1"],
];

/**
 * Of each failure without a mapping: AWS documents none of them for HTTP APIs. A fault is an answer
 * of the function.
 */
const RAW: Readonly<Record<Failure, readonly [text: string, seen: RegExp]>> = {
  fault: ["500", /^500,/],
  crash: ["500, with an integrationError", /^500, integrationError: (?!none$)/],
  "time-out": [
    "500 or 502 to 504, with an integrationError",
    /^50[0234], integrationError: (?!none$)/,
  ],
  throttle: [
    "429, 500 or 502 to 504, with an integrationError",
    /^(429|50[0234]), integrationError: (?!none$)/,
  ],
};

export const check: Check = {
  number: 3,
  title: "The function fails",
  minutes: 60,
  async run(site, rows) {
    await site.ensure();
    const { region } = site.world;
    const burst = LOW_BURST.includes(region) ? 1250 : 5000;
    await rows.see(
      "the account's burst",
      matching(`${burst} or more`, /^\d{4,} \(as documented or more\)$/),
      async () => {
        type Account = { readonly throttleSettings: { readonly burstLimit: number } };
        const { throttleSettings } = await site.aws<Account>("apigateway", "get-account");
        const { burstLimit } = throttleSettings;
        return `${burstLimit} (${burstLimit >= burst ? "as documented or more" : "less than documented"})`;
      },
    );
    for (const failure of FAILURES) {
      await rows.see(`${failure}: raw status`, matching(...RAW[failure]), () =>
        rawStatus(site, failure),
      );
    }
    await throttle(site, rows);
    await standby(site, rows);
  },
};

const isAnswer = ({ httpStatus }: Review) => httpStatus !== 401 && httpStatus !== 200;

/** The status without API Gateway's mapping, and the access log's `integrationError`. */
function rawStatus(site: Site, failure: Failure): Promise<string> {
  return withoutMapping(site, () =>
    whileFailing(site, failure, async () => {
      const token = await site.token();
      const since = site.world.now();
      const { httpStatus } = await until(
        site.world,
        CACHES_MS * 2,
        () => site.review(token),
        isAnswer,
      );
      const statuses = new RegExp(`^${httpStatus}$`);
      const [entry] = await accessEntries(site, site.stack, { since, statuses, least: 1 });
      const { integrationError = "-" } = entry ?? {};
      return `${httpStatus}, integrationError: ${integrationError === "-" ? "none" : integrationError}`;
    }),
  );
}

async function throttle(site: Site, rows: Rows): Promise<void> {
  const { world, stack } = site;
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
  const retried = matching(
    `${REQUESTS} of 429, 500, 502 or 504`,
    /^(429|500|502|504)( (429|500|502|504)){4}$/,
  );
  await rows.see("statuses at the caller", retried, () =>
    whileFailing(site, "throttle", async () => {
      await until(world, CACHES_MS, () => send(0), isAnswer);
      for (let at = 1; at <= REQUESTS; at += 1) statuses.push((await send(at)).httpStatus);
      return statuses.join(" ");
    }),
  );
  await rows.see("served again", GRANTED, () => site.login(token));
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
  const explained = matching(
    "each with an integrationError",
    /^\d+ entries, all with an integrationError/,
  );
  await rows.see("integrationError in the access log", explained, async () => {
    const entries = await accessEntries(site, stack, { since, statuses: /^5/, least: REQUESTS });
    const errors = entries.map(({ integrationError }) => String(integrationError ?? "-"));
    const without = errors.filter((error) => error === "-").length;
    if (entries.length < REQUESTS) return `${entries.length} entries with a status of 500 or more`;
    return `${entries.length} entries, ${without === 0 ? "all with an integrationError" : `${without} without one`}: ${errors[0]}`;
  });
  // The alarm Failing uses these metrics:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
  const enough = matching(`${REQUESTS} or more`, /^([5-9]|\d\d+)$/);
  await rows.see("5xx metric", enough, async () => {
    const dimensions = { ApiId: await site.stacks.idOf(stack, "AWS::ApiGatewayV2::Api") };
    return String(await sumOf(site, "AWS/ApiGateway", "5xx", dimensions, since, REQUESTS));
  });
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  await rows.see("Throttles metric of the alias", enough, async () => {
    const dimensions = { FunctionName, Resource: `${FunctionName}:live` };
    return String(await sumOf(site, "AWS/Lambda", "Throttles", dimensions, since, REQUESTS));
  });
}

const REDIRECTED = `redirected, then ${GRANTED}`;

async function standby(site: Site, rows: Rows): Promise<void> {
  const { world, stack } = site;
  const isDeployed = await rows.see(
    "a standby",
    matching("UPDATE_COMPLETE", COMPLETE),
    async () => {
      const name = `${stack}-standby`;
      const standing = { clusterId: site.clusterId, stackName: name };
      const { status, seen } = await site.stacks.deploy(name, standing);
      if (!COMPLETE.test(status)) return seen;
      const { Endpoint: failoverUrl } = await site.stacks.outputs(name);
      return (await site.deploy({ failoverUrl })).seen;
    },
  );
  if (!isDeployed) return;
  const seenWith = (failure: Failure, isEnough: (review: Review) => boolean) =>
    whileFailing(site, failure, async () => {
      const token = await site.token();
      return (await until(world, CACHES_MS, () => site.review(token), isEnough)).seen;
    });
  // Both stacks read the same callers here, so that only a caller's token without callers shows the
  // redirect itself.
  await rows.see(
    "fault: the function redirects",
    matching("redirected", /^redirected, then /),
    () => seenWith("fault", ({ seen }) => seen.startsWith("redirected")),
  );
  await rows.see("kube-apiserver follows the function's redirect", ROLE_USER, async () => {
    const apiserver = await world.startApiserver((await site.ensure()).webhook);
    const faulty = { variables: { AWS_ENDPOINT_URL_SSM: SILENT } };
    const look = async () => apiserver.whoami(await site.token());
    try {
      return await withVersion(site, faulty, () =>
        until(world, CACHES_MS, look, (user) => user === ROLE_USER),
      );
    } finally {
      await apiserver.stop();
    }
  });
  // AWS documents the mapping for responses of the integration, and not whether it applies to
  // errors of API Gateway:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
  for (const failure of ["throttle", "time-out"] as const)
    await rows.see(`${failure}: API Gateway redirects`, REDIRECTED, () =>
      seenWith(failure, ({ seen }) => seen === REDIRECTED),
    );
  await rows.see("crash: not redirected", matching("HTTP 500", /^HTTP 500\b/), () =>
    seenWith("crash", isAnswer),
  );
  // UpdateIntegration may merge, so that a redirect to a deleted standby could stay.
  await rows.see(
    "without failoverUrl again",
    "UPDATE_COMPLETE; no redirect; HTTP 500",
    async () => {
      const { status } = await site.deploy();
      const { ResponseParameters = {} } = await integrationOf(site);
      const left = Object.values(ResponseParameters).some(
        (mapping) => "overwrite:header.location" in mapping,
      );
      const seen = await seenWith("throttle", isAnswer);
      return `${status}; ${left ? "a redirect is left" : "no redirect"}; ${seen.slice(0, 8)}`;
    },
  );
}
