// Check 1: the first deployment and a granted review, with the commands of docs/deploy.md.

import { seeDeployment } from "../deployments.ts";
import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { GRANTED, mustRun, ROLE_USER } from "../site.ts";
import { CACHES_MS, until } from "../world.ts";

export const check: Check = {
  number: 1,
  title: "First login",
  minutes: 8,
  async run(site, rows) {
    if (!(await seeDeployment(site, rows))) return;
    await rows.see("mappings set", "listed with its username", async () => {
      const { arn } = await site.role();
      const { stdout } = await site.command(["mappings", "list", "-o", "json"]);
      return stdout.includes(`"${arn}"`) && stdout.includes("acceptance:{SessionName}")
        ? "listed with its username"
        : `not in ${stdout}`;
    });
    await rows.see("granted", GRANTED, () => site.login());
    await rows.see(
      "denied",
      matching("denied: identity_unmapped", /^denied: identity_unmapped: /),
      async () => {
        const { arn, credentials } = await site.user();
        await mustRun(site.command(["mappings", "remove", arn, "--yes"]));
        const token = await site.tokenOf(credentials);
        // Mappings are cached for 30 s.
        const denied = ({ error }: { error: string }) => error.startsWith("identity_unmapped");
        const { seen } = await until(site.world, CACHES_MS, () => site.review(token), denied);
        await site.map(arn, "acceptance-user");
        return seen;
      },
    );
    // The cluster id is a signed header, so STS rejects the signature:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    const foreign = matching(
      "denied: sts_refused",
      /^denied: sts_refused: .*SignatureDoesNotMatch/,
    );
    await rows.see("another cluster's token", foreign, async () => {
      const { credentials } = await site.role();
      return (await site.review(await site.tokenOf(credentials, `${site.clusterId}-other`))).seen;
    });
    await rows.see(
      "another caller",
      matching("HTTP 401", /^HTTP 401: caller_refused/),
      async () => {
        return (await site.review(await site.token(), "not-a-caller-of-this-cluster")).seen;
      },
    );
    await rows.see("doctor", "exit 0; no check failed", async () => {
      const { server, token = "" } = (await site.ensure()).webhook;
      const { credentials } = await site.role();
      const args = ["doctor", "--endpoint", server, "--token-file", "-", "-o", "json"];
      const ran = await site.command(args, { credentials, input: token });
      const checks = JSON.parse(ran.stdout) as { check: string; state: string; seen: string }[];
      const failed = checks
        .filter(({ state }) => state === "failed")
        .map(({ check, seen }) => `${check}: ${seen}`);
      return `exit ${ran.exitCode}; ${failed.length === 0 ? "no check failed" : failed.join("; ")}`;
    });
    await rows.see("explain", `exit 0; ${ROLE_USER}`, async () => {
      const { arn, credentials } = await site.role();
      return userOf(
        await site.command(["explain", arn, "--session-name", "probe", "-o", "json"], {
          credentials,
        }),
      );
    });
    await rows.see("whoami", `exit 0; ${ROLE_USER}`, async () => {
      const { credentials } = await site.role();
      return userOf(await site.command(["whoami", "-o", "json"], { credentials }));
    });
  },
};

function userOf({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode: number;
  stdout: string;
  stderr: string;
}): string {
  if (stdout === "") return `exit ${exitCode}; ${stderr}`;
  const { user } = JSON.parse(stdout) as { user?: { username: string } };
  return `exit ${exitCode}; ${user?.username ?? "no user"}`;
}
