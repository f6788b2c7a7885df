// Every row of every check passes with correct responses, and fails if the response that it checks is wrong.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { DOMAIN, SUBJECT } from "./fake/endpoint.ts";
import { SSO_PROFILE } from "./fake/identities.ts";
import { type FakeWorld, fakeWorld, type Wrong } from "./fake/world.ts";
import { FAULTS } from "./faults.ts";
import type { Row } from "./rows.ts";
import { runChecks } from "./runner.ts";

const CLUSTER = "acceptance-0123abcd";

/** With all optional inputs. */
async function run(world: FakeWorld, numbers: readonly number[]): Promise<readonly Row[]> {
  const pem = join(world.folder, "client.pem");
  writeFileSync(pem, "unused by the fake");
  const inputs = {
    ssoProfile: SSO_PROFILE,
    enableTokenSigning: true as const,
    mtls: { endpoint: { domainName: DOMAIN, subjects: [SUBJECT] }, clientCert: pem, clientKey: pem },
    private: { endpoint: { vpc: { vpcId: "vpc-1" } } },
  };
  const checks = CHECKS.filter(({ number }) => numbers.includes(number));
  const { rows } = await runChecks(world, { clusterId: CLUSTER, checks, inputs, optIn: true });
  rmSync(world.folder, { recursive: true });
  return rows;
}

const nameOf = ({ check, name }: Row) => `${check} ${name}`;

test("all rows pass if every response is correct", async () => {
  const rows = await run(
    fakeWorld(),
    CHECKS.map(({ number }) => number),
  );
  assert.deepEqual(
    rows.filter(({ verdict }) => verdict !== "passed"),
    [],
  );
  assert.deepEqual(rows.map(nameOf), Object.keys(FAULTS), "each row has a fault, in the order of the rows");
});

for (const [row, fault] of Object.entries(FAULTS)) {
  const number = Number.parseInt(row, 10);
  test(`row "${row}" fails if its response is wrong`, async () => {
    let isUsed = false;
    const wrong = fault();
    const watched: Wrong = async (call, answer, fake) => {
      const instead = await wrong(call, answer, fake);
      if (instead !== undefined && instead !== answer) isUsed = true;
      return instead;
    };
    // The removal runs after every check.
    const rows = await run(fakeWorld(watched), [number > CHECKS.length ? 1 : number]);
    const found = rows.filter((one) => nameOf(one) === row);
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ["failed"],
    );
    assert.ok(isUsed || row === "11 time until all are granted", "the fault was used");
  });
}
