// Check 15, of --short only: a login, a denial and an outage on one stack, with a kube-apiserver on
// this machine where its programs are. Nothing of it changes the account.

import { seeDeployment } from "../deployments.ts";
import { whileFailing } from "../failures.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { GRANTED, mustRun, ROLE_USER, type Site } from "../site.ts";
import { type Apiserver, CACHES_MS, until } from "../world.ts";

/** The function caches mappings and denials for 30 s. */
const DENIED_MS = 35_000;

export const check: Check = {
  number: 15,
  title: "Short run",
  minutes: 9,
  short: "only",
  async run(site, rows) {
    if (!(await seeDeployment(site, rows))) return;
    if (!(await rows.see("granted", GRANTED, () => site.login()))) return;
    let apiserver: Apiserver | undefined;
    const loggedIn = await rows.see("a login at kube-apiserver", ROLE_USER, async () => {
      apiserver = await site.world.startApiserver((await site.ensure()).webhook);
      return apiserver.whoami(await site.token());
    });
    try {
      await denial(site, rows, loggedIn ? apiserver : undefined);
      await outage(site, rows, loggedIn ? apiserver : undefined);
    } finally {
      await apiserver?.stop();
    }
  },
};

async function denial(site: Site, rows: Rows, apiserver: Apiserver | undefined): Promise<void> {
  const { world } = site;
  const { arn } = await site.role();
  const denied = matching(
    `denied within ${DENIED_MS / 1000} s`,
    /^denied within 35 s: denied: identity_denied: /,
  );
  await rows.see("a denial", denied, async () => {
    await mustRun(site.command(["mappings", "deny", arn, "--yes"]));
    const start = world.now();
    const token = await site.token();
    const { seen } = await until(
      world,
      CACHES_MS,
      () => site.review(token),
      ({ authenticated }) => !authenticated,
    );
    const took = Math.ceil((world.now() - start) / 1000);
    return `denied ${took * 1000 <= DENIED_MS ? "within 35 s" : `after ${took} s`}: ${seen}`;
  });
  if (apiserver !== undefined) {
    await rows.see("the denied login at kube-apiserver", "401", async () =>
      apiserver.whoami(await site.token()),
    );
  }
  await rows.see("without the denial again", GRANTED, async () => {
    await mustRun(site.command(["mappings", "allow", arn, "--yes", "--allow-weakening"]));
    return site.login();
  });
}

/** Lambda throttles only this function. */
async function outage(site: Site, rows: Rows, apiserver: Apiserver | undefined): Promise<void> {
  const { world } = site;
  const retried = matching(
    "429, 500, 502 or 504, which kube-apiserver tries again",
    /^(429|500|502|504)$/,
  );
  await rows.see("Lambda throttles: the status at the caller", retried, () =>
    whileFailing(site, "throttle", async () => {
      const token = await site.token();
      const isThrottled = ({ httpStatus }: { httpStatus: number }) => httpStatus !== 200;
      return String(
        (await until(world, CACHES_MS, () => site.review(token), isThrottled)).httpStatus,
      );
    }),
  );
  await rows.see("served again", GRANTED, () => site.login());
  if (apiserver === undefined) return;
  await rows.see("a login at kube-apiserver after the outage", ROLE_USER, async () => {
    const token = await site.token();
    return until(
      world,
      CACHES_MS,
      () => apiserver.whoami(token),
      (user) => user === ROLE_USER,
    );
  });
}
