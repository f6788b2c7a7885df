// Check 18: how many reads and writes of Parameter Store the account accepts in a second. The
// documents state 40 reads and, for writes, what third parties saw.

import { NotRun } from "../rows.ts";
import type { Check } from "../runner.ts";

const SECONDS = 8;

export const check: Check = {
  number: 18,
  title: "Parameter Store's rates",
  minutes: 1,
  async run(site, rows) {
    const { world, clusterId, inputs } = site;
    const names = Array.from(
      { length: 10 },
      (_, index) => `/iam-authenticator/${clusterId}/rates/${index}`,
    );
    for (const [operation, what] of [
      ["write", "PutParameter"],
      ["read", "GetParameters"],
    ] as const) {
      let accepted: number[] = [];
      const isMeasured = await rows.see(
        `${what}: seconds with an accepted request`,
        String(SECONDS),
        async () => {
          if (inputs.parameterStoreRates !== true) throw new NotRun("no --parameter-store-rates");
          accepted = await world.acceptedRequests(operation, names, SECONDS);
          return String(accepted.filter((count) => count > 0).length);
        },
      );
      if (isMeasured) rows.measure(`${what}, accepted`, "requests a second", accepted);
    }
  },
};
