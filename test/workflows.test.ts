// The workflows of this repository: pinned actions, least privilege, and a reproducible release.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { useFolder } from "./cli/fixtures.ts";
import { ONLY_IN_ALL } from "./extent.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, ".github", "workflows");
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

interface Job {
  readonly "runs-on": string;
  readonly "timeout-minutes": number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  /** Of a job that runs another workflow, which has no steps. */
  readonly uses?: string;
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: object;
  }[];
}

interface Workflow {
  readonly on: Readonly<Record<string, object | null>>;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const CHANGES = { pull_request: null, push: { branches: ["main"] } };
const schedule = (cron: string) => ({ schedule: [{ cron }] });
const SARIF = { contents: "read", "security-events": "write" };

/**
 * By workflow, its triggers, and its jobs with their permissions; `undefined`: those of the
 * workflow, to read.
 */
const ALLOWED: Readonly<
  Record<string, { on: object; jobs: Readonly<Record<string, object | undefined>> }>
> = {
  "audit.yml": { on: { ...CHANGES, ...schedule("23 5 * * *") }, jobs: { audit: undefined } },
  "ci.yml": { on: { ...CHANGES, workflow_call: null }, jobs: { ci: undefined } },
  "claims.yml": {
    on: { ...schedule("47 3 * * 1"), workflow_call: null },
    jobs: { claims: undefined },
  },
  "codeql.yml": { on: { ...CHANGES, ...schedule("17 4 * * 1") }, jobs: { analyze: SARIF } },
  "release.yml": {
    on: { push: { tags: ["v*"] } },
    jobs: {
      ...{
        check: undefined,
        test: undefined,
        claims: undefined,
        first: undefined,
        second: undefined,
      },
      publish: { contents: "write", "id-token": "write", attestations: "write" },
    },
  },
  "scorecard.yml": {
    on: { branch_protection_rule: null, push: CHANGES.push, ...schedule("41 4 * * 1") },
    jobs: { analyze: { ...SARIF, actions: "read", "id-token": "write" } },
  },
};

/** Also a job that has no permissions, which then are the workflow's. */
const rightsOf = ({ on, permissions, jobs }: Workflow) => ({
  on,
  permissions,
  jobs: Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions])),
});

function checkOwnJob({ "timeout-minutes": minutes, steps = [] }: Job): void {
  assert.ok(minutes <= 60);
  for (const { uses, with: options } of steps) {
    if (uses === undefined) continue;
    assert.match(uses, /^[\w-]+\/[\w-]+(\/[\w-]+)?@[0-9a-f]{40}$/);
    if (uses.startsWith("actions/checkout@"))
      assert.deepEqual(options, { "persist-credentials": false });
  }
}

describe("every workflow", () => {
  test("has the triggers and permissions of this table, and no other workflow exists", () => {
    const workflows = readdirSync(FOLDER).sort();
    assert.deepEqual(workflows, Object.keys(ALLOWED));
    for (const file of workflows) {
      const expected = { ...ALLOWED[file], permissions: { contents: "read" } };
      assert.deepEqual(rightsOf(parse(read(file)) as Workflow), expected, file);
    }
  });

  for (const file of readdirSync(FOLDER)) {
    test(`${file}: a time limit, pinned actions, and no credentials after a checkout`, () => {
      const { jobs } = parse(read(file)) as Workflow;
      for (const job of Object.values(jobs)) {
        if (job.uses === undefined) checkOwnJob(job);
        else assert.match(job.uses, /^\.\/\.github\/workflows\/(ci|claims)\.yml$/);
      }
    });
  }

  test("and each example pins its actions, with a version comment and the same commit everywhere", () => {
    const files = globSync([".github/workflows/*", "examples/*/*.yml"], { cwd: ROOT });
    const lines = files.flatMap(
      (file) => readFileSync(join(ROOT, file), "utf8").match(/uses: (?!\.\/).*/g) ?? [],
    );
    const pins = new Map<string, string>();
    for (const line of lines) {
      const [, action = "", pin = ""] =
        /^uses: (\S+?)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ?? assert.fail(line);
      assert.equal(pins.get(action) ?? pin, pin, action);
      pins.set(action, pin);
    }
  });
});

describe("the release", () => {
  const {
    check,
    test: tested,
    claims,
    first,
    second,
    publish,
  } = (parse(read("release.yml")) as Workflow).jobs;
  const scriptsOf = (job: Job | undefined) => job?.steps?.flatMap(({ run }) => run ?? []) ?? [];

  test("needs no secret: npm trusts this workflow", () => {
    assert.doesNotMatch(read("release.yml"), /NPM_TOKEN|NODE_AUTH_TOKEN|secrets\./);
  });

  test("runs the tests, and those of the claims, on the tagged commit before anything is published", () => {
    assert.deepEqual(tested, { needs: "check", uses: "./.github/workflows/ci.yml" });
    const { ci } = (parse(read("ci.yml")) as Workflow).jobs;
    assert.deepEqual(scriptsOf(ci), [".ci/run"]);
    assert.deepEqual(claims, { needs: "check", uses: "./.github/workflows/claims.yml" });
    const { claims: proven } = (parse(read("claims.yml")) as Workflow).jobs;
    assert.deepEqual(scriptsOf(proven), ["npm ci", "npm run test:claims"]);
    assert.deepEqual(publish?.needs, ["test", "claims", "first", "second"]);
  });

  test("has every test that npm test leaves out: CI runs test:all, with coverage, and test:faults", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const lines = readFileSync(join(ROOT, ".ci", "run"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(lines.slice(lines.indexOf("(npm ci && npm test)")), [
      "(npm ci && npm test)",
      "npm run test:all",
      "npm run test:faults",
      "npm run test:e2e",
      "HOSTILE_ONLY=silent npm run test:hostile",
    ]);
    assert.match(
      scripts["test:all"],
      /&& TEST_ALL=1 node --run test:files -- .*--experimental-test-coverage .*&& node test\/coverage\.ts$/,
    );
  });

  test("is built on two processor types, and published without a build", () => {
    assert.deepEqual(scriptsOf(check), ["node build/publishable.ts"]);
    assert.deepEqual(
      [first?.["runs-on"], second?.["runs-on"]],
      ["ubuntu-24.04", "ubuntu-24.04-arm"],
    );
    for (const job of [first, second]) {
      assert.deepEqual([job?.needs, scriptsOf(job)], ["check", [".ci/release"]]);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
      const uploaded = { name: "release-${{ runner.arch }}", path: "dist/release/" };
      assert.partialDeepStrictEqual(job?.steps?.at(-1)?.with, uploaded);
    }
    assert.match(readFileSync(join(ROOT, ".ci", "release"), "utf8"), /^npm ci\nnpm run release$/m);
    const actions = publish?.steps?.flatMap(({ uses }) => uses?.split("@")[0] ?? []);
    const attest = "actions/attest-build-provenance";
    assert.deepEqual(actions, ["actions/setup-node", "actions/download-artifact", attest]);
    // After the comparison of both builds, before anything is published.
    const order = publish?.steps?.flatMap(
      ({ uses, run }) =>
        uses?.split("@")[0] ??
        /diff -r|npm publish|gh release (create|edit)/.exec(run ?? "")?.[0] ??
        [],
    );
    const published = ["gh release create", "npm publish", "gh release edit"];
    assert.deepEqual(order?.slice(2), ["diff -r", attest, ...published]);
    assert.deepEqual(publish?.steps?.find(({ uses }) => uses?.startsWith(attest))?.with, {
      "subject-path": "release-X64/*",
    });
    assert.equal(scriptsOf(publish).length, 4);
  });

  /**
   * Runs the steps that publish, as GitHub does, with stand-ins that keep their state in `folder`.
   * Returns what was called.
   */
  function publishing(folder: ReturnType<typeof useFolder>, fails = "none") {
    const [, ...steps] = scriptsOf(publish);
    const log = join(folder.path, "calls");
    writeFileSync(log, "");
    const env = {
      ...{
        PATH: `${folder.path}:${process.env["PATH"]}`,
        GITHUB_REF_NAME: "v1.2.3",
        LOG: log,
        FAILS: fails,
      },
    };
    const failed = steps.some((script) => {
      const { status } = spawnSync("bash", ["-e", "-c", script], { cwd: folder.path, env });
      return status !== 0;
    });
    return { failed, calls: readFileSync(log, "utf8").trim().split("\n") };
  }

  /**
   * What GitHub and npm keep: whether the release is a draft, and the integrity of the published
   * version.
   */
  function standIns() {
    const folder = useFolder();
    const { write } = folder;
    for (const file of ["lambda-iam-authenticator-1.2.3.tgz", "RELEASE-NOTES.md"])
      write(`release-X64/${file}`, file);
    const start =
      '#!/bin/bash\ncd "$(dirname "$0")"; echo "$(basename "$0") $1 $2" >> "$LOG"; [ "$1 $2" = "$FAILS" ] && exit 1\n';
    write(
      "gh",
      `${start}case "$2" in
  view) cat draft 2>/dev/null ;;
  create) [[ "$*" == "release create v1.2.3 --draft --verify-tag --notes-file release-X64/RELEASE-NOTES.md" ]] && echo true > draft ;;
  upload) [[ "$*" == "release upload v1.2.3 --clobber release-X64/"*.tgz*RELEASE-NOTES.md || "$*" == *RELEASE-NOTES.md*.tgz ]] ;;
  edit) [[ "$*" == "release edit v1.2.3 --draft=false" ]] && echo false > draft ;;
esac
`,
      0o755,
    );
    write(
      "npm",
      `${start}case "$1" in
  view) [ "$2" = lambda-iam-authenticator@1.2.3 ] && [ -e published ] && cat published ;;
  publish) [[ "$*" == "publish --ignore-scripts --provenance --access public ./release-X64/"*.tgz ]] &&
    echo "sha512-$(openssl dgst -sha512 -binary release-X64/*.tgz | base64 -w0)" > published ;;
esac
`,
      0o755,
    );
    return folder;
  }

  const DRAFT = ["gh release view", "gh release create", "gh release upload"];
  const VIEW = "npm view lambda-iam-authenticator@1.2.3";
  const PUBLISH = "npm publish --ignore-scripts";

  test("publishes a draft first and the release last, also after a failure", ONLY_IN_ALL, () => {
    const all = [...DRAFT, VIEW, PUBLISH, "gh release edit"];
    assert.deepEqual(publishing(standIns()), { failed: false, calls: all });
    for (const [fails, repeated] of [
      ["release create", all],
      ["release upload", all.filter((call) => !call.includes("create"))],
      ["publish --ignore-scripts", all.filter((call) => !call.includes("create"))],
      ["release edit", all.filter((call) => !/create|publish/.test(call))],
    ] as const) {
      const folder = standIns();
      assert.equal(publishing(folder, fails).failed, true, fails);
      assert.deepEqual(publishing(folder), { failed: false, calls: repeated }, fails);
    }
  });

  test("changes no published release", ONLY_IN_ALL, () => {
    const done = standIns();
    publishing(done);
    assert.deepEqual(publishing(done).calls, ["gh release view", VIEW, "gh release edit"]);
    const other = standIns();
    other.write("published", "sha512-other\n");
    assert.deepEqual(publishing(other), { failed: true, calls: [...DRAFT, VIEW] });
  });

  test("does not publish if a file differs, is missing, or has another checksum", () => {
    const [compare = ""] = scriptsOf(publish);
    const statusOf = (
      x64: Readonly<Record<string, string>>,
      arm64: Readonly<Record<string, string>>,
    ) => {
      const { path: cwd, write } = useFolder();
      for (const [name, files] of Object.entries({ X64: x64, ARM64: arm64 })) {
        for (const [file, text] of Object.entries(files)) write(`release-${name}/${file}`, text);
      }
      // As GitHub runs a script:
      // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
      return spawnSync("bash", ["-e", "-c", compare], { cwd }).status;
    };
    const good = { "a.zip": "a", SHA256SUMS: `${hash("sha256", "a")}  a.zip\n` };
    assert.equal(statusOf(good, good), 0);
    assert.notEqual(statusOf(good, { ...good, "a.zip": "b" }), 0);
    assert.notEqual(statusOf(good, { ...good, "b.zip": "b" }), 0);
    const changed = { ...good, "a.zip": "b" };
    assert.notEqual(statusOf(changed, changed), 0);
  });
});
