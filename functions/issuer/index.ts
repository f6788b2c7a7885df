// Entry point of the issuer's Lambda function: wires settings, Parameter Store, clock and standard
// output.

import { workAhead } from "../lib/work-ahead.ts";
import { createPathReader } from "../parameters/parameter-store.ts";
import { createIssuer } from "./handler.ts";
import { readIssuerSettings } from "./settings.ts";

const settings = readIssuerSettings(process.env);

const clock = Date.now;

const { handler, prefetch } = createIssuer(settings, {
  fetchPath: createPathReader({ region: settings.region, endpoint: settings.ssmEndpoint, clock }),
  clock,
  // Not console.log: with Lambda's JSON log format, it wraps each line, and CloudWatch then finds
  // no metrics.
  print: (line) => process.stdout.write(`${line}\n`),
});

await workAhead(clock, prefetch);

export { handler };
