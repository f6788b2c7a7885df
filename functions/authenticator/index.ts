// Entry point of the authenticator's Lambda function: wires settings, AWS clients, clock and
// standard output.

import { workAhead } from "../lib/work-ahead.ts";
import { createParameterStore } from "../parameters/parameter-store.ts";
import { findNodeNameLazily, signedTokensLazily } from "./aws/lazy.ts";
import { createSts } from "./aws/sts.ts";
import { createAuthenticator } from "./handler.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const { callerAuth, region, partition, stsEndpoint, ssmEndpoint, nodeVpcs, nodeRegion } = settings;
const { jwt: rules, jwtKeysEndpoint } = settings;
const clock = Date.now;
const { fetchParameters, warmUp } = createParameterStore({ region, endpoint: ssmEndpoint, clock });

const signedTokens = rules && signedTokensLazily({ rules, endpoint: jwtKeysEndpoint, clock });

const { handler, prefetchCallers } = createAuthenticator(settings, {
  askSts: createSts({
    regionalHost: `sts.${region}.${partition.domain}`,
    endpoint: stsEndpoint,
    clock,
  }),
  fetchParameters,
  findNodeName: findNodeNameLazily({ region: nodeRegion, vpcs: nodeVpcs, clock }),
  signedTokens,
  clock,
  // Not console.log: with Lambda's JSON log format, it wraps each line, and CloudWatch then finds
  // no metrics.
  print: (line) => process.stdout.write(`${line}\n`),
});

// Lambda gives a full CPU during initialization, and later only the share that the memory size
// includes (docs/decisions/0009-work-before-the-first-review.md).
const readAhead = callerAuth === "bearer" ? prefetchCallers : warmUp;
await workAhead(clock, (deadline) =>
  Promise.all([readAhead(deadline), signedTokens?.prefetchKeys(deadline)]),
);

export { handler };
