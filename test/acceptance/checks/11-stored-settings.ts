// Check 11: the settings that the stack stores are those of the function after a deployment and
// after a rollback by CodeDeploy, and `doctor` reports that they are not after the alias was moved
// by hand.

import { defaultMappingPrefix, settingsParameter } from "../../../functions/parameters/names.ts";
import {
  parseStoredSettings,
  storedSettingsText,
} from "../../../functions/settings/stored-settings.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { groupOf, liveOf, outcomeOf, whileAlarmed } from "../deployments.ts";
import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, type Site } from "../site.ts";

const EQUAL = "equal, RESERVED_PREFIXES=kept:";

export const check: Check = {
  number: 11,
  title: "The stored settings",
  minutes: 30,
  async run(site, rows) {
    const { aws, world } = site;
    await site.ensure();
    const complete = matching("CREATE_COMPLETE or UPDATE_COMPLETE", COMPLETE);
    await rows.see("default settings", complete, async () => (await site.deploy()).seen);
    await rows.see("by default", "equal, RESERVED_PREFIXES not set", () => compared(site));
    const first = await liveOf(site);

    await rows.see(
      "another setting",
      complete,
      async () => (await site.deploy({ reservedPrefixes: ["kept:"] })).seen,
    );
    await rows.see("after a deployment", EQUAL, () => compared(site));

    await rows.see(
      "rolled back by CodeDeploy",
      matching("UPDATE_ROLLBACK_COMPLETE", /^UPDATE_ROLLBACK_COMPLETE/),
      async () => {
        const group = await groupOf(site);
        const since = world.now();
        const isStopped = async () => (await outcomeOf(site, group, since)).startsWith("Stopped");
        const deploying = site.deploy({ reservedPrefixes: ["lost:"] });
        return (await whileAlarmed(site, group.alarms, deploying, isStopped)).seen;
      },
    );
    await rows.see("after a rollback", EQUAL, () => compared(site));

    const { FunctionName = "" } = await site.stacks.outputs(site.stack);
    const { version } = await liveOf(site);
    const move = (FunctionVersion: string) =>
      aws("lambda", "update-alias", { FunctionName, Name: "live", FunctionVersion });
    try {
      await move(first.version);
      await rows.see(
        "the alias moved by hand",
        "the function has no RESERVED_PREFIXES, the parameter has kept:",
        () => compared(site),
      );
      const moved = matching(
        "other reservedPrefixes",
        /^failed: version \d+ of the function has other reservedPrefixes$/,
      );
      await rows.see("doctor", moved, async () => {
        const { server, token = "" } = (await site.ensure()).webhook;
        const args = ["doctor", "--endpoint", server, "--token-file", "-", "-o", "json"];
        const { stdout } = await site.command(args, { input: token });
        const checks = JSON.parse(stdout) as { check: string; state: string; seen: string }[];
        const { state, seen } = checks.find((check) => check.check === "settings") ?? {
          state: "missing",
          seen: "",
        };
        return `${state}: ${seen}`;
      });
    } finally {
      await move(version);
    }
    await rows.see("the alias moved back", EQUAL, () => compared(site));
  },
};

/** Whether the stored value is the one that the configuration of the live version gives. */
async function compared({ aws, clusterId, stacks, stack }: Site): Promise<string> {
  const { FunctionName = "" } = await stacks.outputs(stack);
  const live = { FunctionName, Qualifier: "live" };
  type Configuration = {
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  };
  const { Variables } = (await aws<Configuration>("lambda", "get-function-configuration", live))
    .Environment;
  const Name = settingsParameter(
    Variables["MAPPING_PREFIX"] ?? defaultMappingPrefix(clusterId),
    clusterId,
  );
  const { Parameter } = await aws<{ Parameter: { Value: string; Type: string } }>(
    "ssm",
    "get-parameter",
    { Name },
  );
  const stored = parseStoredSettings(Parameter.Value);
  if (!stored.valid || Parameter.Type !== "String")
    return `${Parameter.Type}, ${JSON.stringify(stored)}`;
  const [ofFunction, ofParameter] = [
    Variables["RESERVED_PREFIXES"],
    stored.value.settings.RESERVED_PREFIXES,
  ];
  const { version, nodeLookup } = stored.value;
  const expected = parseStoredSettings(
    storedSettingsText(Variables, { version: packageJson.version, nodeLookup: false }),
  );
  if (JSON.stringify(sorted(expected)) === JSON.stringify(sorted(stored)))
    return `equal, RESERVED_PREFIXES${shown(ofParameter)}`;
  if (ofFunction !== ofParameter)
    return `the function has ${ofFunction ?? "no RESERVED_PREFIXES"}, the parameter has ${ofParameter ?? "none"}`;
  return `version ${version}, node look-ups ${nodeLookup}: ${JSON.stringify([expected, stored])}`;
}

const shown = (value: string | undefined) => (value === undefined ? " not set" : `=${value}`);

/** CloudFormation and Lambda can return variables in another order. */
function sorted(stored: ReturnType<typeof parseStoredSettings>): unknown {
  return stored.valid
    ? { ...stored.value, settings: Object.entries(stored.value.settings).sort() }
    : stored;
}
