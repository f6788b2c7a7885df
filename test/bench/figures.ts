// Measures what the plots of docs/performance.md show, and writes it to figures.json. `npm run docs` draws the plots.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { costByMappings } from "./flat/cost-by-mappings.ts";
import { runSpikes } from "./spikes/run-spikes.ts";
import { SETTINGS, type SettingsName } from "./spikes/settings.ts";

const WHO = { people: 200, roles: 20 };
/** With the name in the plot. */
const SHOWN: Readonly<Partial<Record<SettingsName, string>>> = {
  "none reserved": "none reserved",
  "8 reserved (default)": "8 reserved environments (default)",
  "60 reserved, throttle 1,000/5,000, higher throughput": "60 reserved, higher throughput",
};

const chosen = Object.entries(SHOWN) as [SettingsName, string][];
const spikes = chosen.map(([name]) => ({
  ...SETTINGS[name],
  who: WHO,
  apiservers: 3,
  withinMs: 1_000,
  seed: 1,
}));
const results = await runSpikes(spikes);
const logins = results.map(({ curve }, index) => ({
  settings: chosen[index]?.[1],
  seconds: curve.map((seconds) => Math.round(seconds * 100) / 100),
}));
const reviews = (await costByMappings()).map(({ mappings, microseconds }) => ({ mappings, microseconds }));
writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify({ ...WHO, logins, reviews }, null, 2)}\n`);
