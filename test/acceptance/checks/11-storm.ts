// Check 11, opt-in: 50 identities log in at once; compares with the model in test/bench/README.md, "Load spikes".

import { ENOUGH_EXECUTIONS } from "../../../cli/doctor/check-concurrency.ts";
import { kubeApiserver, RETRIED } from "../../bench/spikes/kube-apiserver.ts";
import type { Check } from "../check.ts";
import { lackOf } from "../concurrency.ts";
import { assume } from "../identities.ts";
import { matching } from "../rows.ts";
import type { Site } from "../site.ts";

const PEOPLE = 50;
/** The model's row "50 people, 1 role, 3 kube-apiservers, default": all in after 2.1 s. */
const MODEL_S = 2.1;
/** The time limit of a review; after it, kube-apiserver's retries would overlap. */
const LIMIT_S = 10;

export const storm: Check = {
  number: 11,
  title: "50 identities at once",
  minutes: 5,
  optIn: true,
  async run(site, rows) {
    const lack = await lackOf(site.aws, "total", ENOUGH_EXECUTIONS);
    if (lack !== undefined) return rows.leaveOut("all granted, each as itself", "-", lack);
    const { webhook } = await site.ensure();
    const { arn } = await site.role();
    const tokens: string[] = [];
    for (let at = 0; at < PEOPLE; at += 1) {
      const credentials = await assume(site.world, site.aws, arn, `person-${at}`);
      tokens.push(await site.tokenOf(credentials));
    }
    const start = site.world.now();
    // One review per person and kube-apiserver, as in the model.
    const all = await Promise.all(tokens.flatMap((token, at) => [0, 1, 2].map(() => login(site, token, at, start))));
    await rows.see("all granted, each as itself", `${all.length} of ${all.length}`, () => {
      const right = all.filter(({ isRight }) => isRight).length;
      return `${right} of ${all.length}`;
    });
    const within = {
      text: `below ${LIMIT_S} s; the model: ${MODEL_S} s`,
      holds: (seen: string) => Number.parseFloat(seen) < LIMIT_S,
    };
    await rows.see("time until all are granted", within, () => {
      const last = Math.max(...all.map(({ afterMs }) => afterMs));
      return `${(last / 1000).toFixed(1)} s, ${all.flatMap(({ statuses }) => statuses).length} requests to ${new URL(webhook.server).pathname}`;
    });
    await rows.see("statuses that kube-apiserver does not retry", matching("none", /^none$/), () => {
      const others = all
        .flatMap(({ statuses }) => statuses)
        .filter((status) => status !== 200 && !RETRIED.includes(status));
      return others.length === 0 ? "none" : others.join(" ");
    });
  },
};

interface Login {
  readonly isRight: boolean;
  readonly afterMs: number;
  readonly statuses: readonly number[];
}

async function login(site: Site, token: string, at: number, start: number): Promise<Login> {
  const statuses: number[] = [];
  const post = async () => {
    const { httpStatus, username } = await site.review(token);
    statuses.push(httpStatus);
    return { status: httpStatus, body: username };
  };
  const username = await kubeApiserver({ post }, site.world, Math.random)(token);
  const isRight = username === `acceptance:person-${at}`;
  return { isRight, afterMs: site.world.now() - start, statuses };
}
