// The endpoint of Parameter Store equals that of the SDK's own rules, which the bundle does not
// contain.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { PARTITIONS } from "../../../functions/aws/partitions.ts";
import { readCommonSettings } from "../../../functions/settings/common.ts";
import { readFrom } from "../../../functions/settings/environment.ts";

const FIPS = { AWS_USE_FIPS_ENDPOINT: "true" };
const DUAL_STACK = { AWS_USE_DUALSTACK_ENDPOINT: "true" };
const NAMED = { AWS_ENDPOINT_URL_SSM: "https://vpce-0123.example.com/path" };

function read(AWS_REGION: string, more: Readonly<Record<string, string>>): URL {
  return readCommonSettings(readFrom({ AWS_REGION, CLUSTER_ID: "prod-1", ...more })).ssmEndpoint;
}

/** Where the SDK's client sends a call; `undefined` if its rules refuse the settings. */
async function sentBySdk(
  region: string,
  more: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const sent: string[] = [];
  const client = new SSMClient({
    region,
    credentials: { accessKeyId: "AKIALOCALOPERATORAAA", secretAccessKey: "local/only" },
    useFipsEndpoint: "AWS_USE_FIPS_ENDPOINT" in more,
    useDualstackEndpoint: "AWS_USE_DUALSTACK_ENDPOINT" in more,
    ...(more["AWS_ENDPOINT_URL_SSM"] && { endpoint: more["AWS_ENDPOINT_URL_SSM"] }),
    maxAttempts: 1,
    requestHandler: {
      async handle({
        protocol,
        hostname,
        path,
      }: {
        protocol: string;
        hostname: string;
        path: string;
      }) {
        sent.push(`${protocol}//${hostname}${path}`);
        throw new Error("nothing is sent");
      },
    },
  });
  await assert.rejects(client.send(new GetParametersCommand({ Names: ["/x"] })));
  return sent[0];
}

for (const [name, more] of Object.entries({
  plain: {},
  FIPS,
  "dual-stack": DUAL_STACK,
  both: { ...FIPS, ...DUAL_STACK },
})) {
  test(`${name}: the endpoint of each region is that of the SDK`, async () => {
    for (const { regions, dualStackDomain } of PARTITIONS) {
      for (const region of regions) {
        if (name !== "plain" && name !== "FIPS" && dualStackDomain === undefined) {
          const message = `AWS_USE_DUALSTACK_ENDPOINT must be false or not set, because AWS documents no dual-stack names in ${region}`;
          assert.throws(() => read(region, more), { code: "setting_invalid", message });
        } else assert.equal(read(region, more).href, await sentBySdk(region, more));
      }
    }
  });
}

test("a given endpoint is used with its path, and excludes FIPS and dual-stack, as in the SDK", async () => {
  assert.equal(`${read("eu-west-1", NAMED).href}/`, await sentBySdk("eu-west-1", NAMED));
  for (const [setting, more] of Object.entries({
    AWS_USE_FIPS_ENDPOINT: FIPS,
    AWS_USE_DUALSTACK_ENDPOINT: DUAL_STACK,
  })) {
    assert.equal(await sentBySdk("eu-west-1", { ...NAMED, ...more }), undefined);
    const message = `${setting} must be false or not set, because AWS_ENDPOINT_URL_SSM or AWS_ENDPOINT_URL is set`;
    assert.throws(() => read("eu-west-1", { ...NAMED, ...more }), {
      code: "setting_invalid",
      message,
    });
  }
});

test("values other than true and false are refused", () => {
  assert.throws(() => read("eu-west-1", { AWS_USE_FIPS_ENDPOINT: "1" }), {
    code: "setting_invalid",
  });
});
