// `npm run deploying-role` allows the parameters that the stacks own, and no others.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { ACTIONS, deployingPolicy } from "../../build/templates/deploying-role.ts";
import { matchesGlob } from "../../functions/authenticator/mapping/arn.ts";
import {
  denyParameter,
  mappingParameter,
} from "../../functions/authenticator/mapping/parameter-name.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "build", "deploying-role.ts");

function run(...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...argv], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

interface Policy {
  readonly Statement: readonly {
    readonly Action: string[];
    readonly Resource: string | string[];
  }[];
}

/** The names of these parameters that the policy allows a stack to write, in any Region. */
function writable({ Statement }: Policy, names: readonly string[]): string[] {
  const resources = Statement.filter(({ Action }) => Action.includes("ssm:PutParameter"))
    .flatMap(({ Resource }) => Resource)
    .map((arn) => arn.replace(/^.*:parameter/, ""));
  return names.filter((name) => resources.some((pattern) => matchesGlob(pattern, name)));
}

const below = (prefix: string) => ({
  settings: `${prefix}/settings/prod`,
  callers: `${prefix}/callers`,
  mappings: [
    mappingParameter(prefix, "role", "111122223333", "Developers"),
    mappingParameter(prefix, "sso-session", "111122223333", "Admin"),
    mappingParameter(prefix, "account", "111122223333"),
    mappingParameter(prefix, "pattern", "any"),
    denyParameter(prefix, "any"),
  ],
  key: `${prefix}/issuer/keys/1`,
});
const DEFAULT = below("/iam-authenticator/prod");
const OWN = below("/team/auth");
const ALL = [DEFAULT, OWN, below("/team/other")].flatMap((names) => Object.values(names).flat());

for (const [argv, expected] of [
  [[], [DEFAULT.settings]],
  [["--callers"], [DEFAULT.settings, DEFAULT.callers]],
  [["--mappings"], [DEFAULT.settings, ...DEFAULT.mappings]],
  [["--mapping-prefix", "/team/auth"], [OWN.settings]],
  [
    ["--mapping-prefix", "/team/auth", "--callers", "--mappings"],
    [OWN.settings, OWN.callers, ...OWN.mappings],
  ],
] as const) {
  test(`${["deploying-role", ...argv].join(" ")}: stacks write exactly their own parameters`, () => {
    const { status, stdout, stderr } = run(...argv);
    assert.deepEqual([status, stderr], [0, ""]);
    const policy = JSON.parse(stdout);
    assert.deepEqual(writable(policy, ALL), expected);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert.ok(JSON.stringify(policy).length <= 6144);
  });
}

test("without options, deploying-role prints deploying-role.json of a release", () => {
  assert.deepEqual(JSON.parse(run().stdout), deployingPolicy(Object.keys(ACTIONS)));
});

for (const [argv, message] of [
  [["--mapping-prefix", "team"], /^--mapping-prefix must be 1 to 12 levels such as \/a\/b/],
  [["--mapping-prefix", "/aws/x"], /^--mapping-prefix must be a name that does not begin with aws/],
  [["--mapping-prefix", "/*"], /^--mapping-prefix must be 1 to 12 levels/],
  [["--mapping-prefix="], /^--mapping-prefix must not be empty/],
  [["--prefix", "/a"], /'--prefix'/],
] as const) {
  test(`deploying-role ${argv.join(" ")} prints an error message, and no policy`, () => {
    const { status, stdout, stderr } = run(...argv);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}
