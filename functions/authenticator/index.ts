// The Lambda function's entry: settings from the environment, AWS, the clock and standard output, wired once.

import { workAhead } from "../lib/work-ahead.ts";
import { createParameterStore } from "../parameters/parameter-store.ts";
import { findNodeNameLazily } from "./aws/lazy-node-name.ts";
import { createSts } from "./aws/sts.ts";
import { createAuthenticator } from "./handler.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const { callerAuth, clusterId, region, partition, stsEndpoint, ssmEndpoint, nodeVpcs } = settings;
const clock = Date.now;
const { fetchParameters, warmUp } = createParameterStore({ region, endpoint: ssmEndpoint });

const { handler, prefetchCallers } = createAuthenticator(settings, {
  askSts: createSts({ clusterId, regionalHost: `sts.${region}.${partition.domain}`, endpoint: stsEndpoint }),
  fetchParameters,
  findNodeName: findNodeNameLazily({ region, vpcs: nodeVpcs }),
  clock,
  // Not console.log: under Lambda's JSON log format it wraps what it prints, and metrics must stand alone.
  print: (lines) => process.stdout.write(`${lines}\n`),
});

// Lambda gives a whole processor while it initialises, and afterwards the share that the memory size pays for
// (docs/decisions/0009-work-before-the-first-review.md).
const readAhead = callerAuth === "bearer" ? prefetchCallers : warmUp;
await workAhead(clock, readAhead);

export { handler };
