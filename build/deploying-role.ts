// `npm run deploying-role`: prints the policy of a role that deploys stacks, for their parameters.

import { parseArgs } from "node:util";
import { readCommonSettings } from "../functions/settings/common.ts";
import { isSettingError, readFrom } from "../functions/settings/environment.ts";
import { ACTIONS, deployingPolicy } from "./templates/deploying-role.ts";

const HELP = `Usage: npm run --silent deploying-role -- [options]

Prints an IAM policy for a role that deploys stacks of this project. Without options, it is
deploying-role.json of a release.

  --mapping-prefix <prefix>  the stacks' mappingPrefix, such as /team/auth
  --callers                  the stacks own the callers (callers, addCaller)
  --mappings                 the stacks own mappings or denials (addRoleMapping, addDenial, ...)
  --help                     show this help
`;

try {
  process.stdout.write(printed(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}

function printed(argv: readonly string[]): string {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      "mapping-prefix": { type: "string" },
      callers: { type: "boolean" },
      mappings: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const { "mapping-prefix": given, callers, mappings, help } = values;
  if (help) return HELP;
  const mappingPrefix = given === undefined ? undefined : checkedPrefix(given);
  const policy = deployingPolicy(Object.keys(ACTIONS), { mappingPrefix, callers, mappings });
  return `${JSON.stringify(policy, null, 2)}\n`;
}

/** Throws for a prefix that the function refuses. */
function checkedPrefix(given: string): string {
  if (given === "") throw new Error("--mapping-prefix must not be empty");
  const settings = { AWS_REGION: "us-east-1", CLUSTER_ID: "any", MAPPING_PREFIX: given };
  try {
    return readCommonSettings(readFrom(settings)).mappingPrefix;
  } catch (error) {
    throw isSettingError(error) ? new Error(`--mapping-prefix ${error.problem}`) : error;
  }
}
