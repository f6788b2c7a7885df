// The Lambda function's entry: settings from the environment, AWS, the clock and standard output, wired once.

import { createParameterStore } from "../aws/parameter-store.ts";
import { findNodeNameLazily } from "./aws/lazy-node-name.ts";
import { createSts } from "./aws/sts.ts";
import { createHandler } from "./handler.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const { clusterId, region, partition, stsEndpoint, ssmEndpoint, nodeVpcs } = settings;

export const handler = createHandler(settings, {
  askSts: createSts({ clusterId, regionalHost: `sts.${region}.${partition.domain}`, endpoint: stsEndpoint }),
  fetchParameters: createParameterStore({ region, endpoint: ssmEndpoint }),
  findNodeName: findNodeNameLazily({ region, vpcs: nodeVpcs }),
  clock: Date.now,
  // Not console.log: under Lambda's JSON log format it wraps the line, and metrics must stand alone.
  print: (line) => process.stdout.write(`${line}\n`),
});
