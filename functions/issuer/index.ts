// The issuer function's entry: settings from the environment, Parameter Store, the clock and standard output.

import { workAhead } from "../lib/work-ahead.ts";
import { createPathReader } from "../parameters/parameter-store.ts";
import { createIssuer } from "./handler.ts";
import { readIssuerSettings } from "./settings.ts";

const settings = readIssuerSettings(process.env);

const clock = Date.now;

const { handler, prefetch } = createIssuer(settings, {
  fetchPath: createPathReader({ region: settings.region, endpoint: settings.ssmEndpoint }),
  clock,
  // Not console.log: under Lambda's JSON log format it wraps what it prints, and metrics must stand alone.
  print: (lines) => process.stdout.write(`${lines}\n`),
});

await workAhead(clock, prefetch);

export { handler };
