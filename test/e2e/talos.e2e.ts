// docs/deploy.md's and docs/irsa.md's instructions for Talos, judged by the packages that talosctl patches and validates with:
// accepted where the page says so, refused where it says so.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { findTalosJudge } from "./binaries/judges.ts";
import { TALOS_VERSIONS } from "./binaries/versions.ts";
import { blockWith } from "./judges/instructions.ts";

const PATCH = blockWith("docs/deploy.md", "yaml", ["machine:", "op: create"]);
const UNDO = blockWith("docs/deploy.md", "yaml", ["machine:", "$patch: delete"]);
const DOCUMENT = blockWith("docs/deploy.md", "yaml", ["kind: KubeAuthenticationWebhookConfig"]);
const ISSUERS = blockWith("docs/irsa.md", "yaml", ["cluster:", "service-account-issuer:"]);

/** One machine configuration, as documents. */
type Documents = readonly Readonly<Record<string, unknown>>[];

interface MachineConfig {
  readonly cluster?: {
    readonly apiServer?: { readonly extraArgs?: object; readonly extraVolumes?: readonly object[] };
  };
  readonly machine?: { readonly files?: readonly object[] };
}

interface Judged {
  readonly code: number;
  /** Warnings, and the refusal. */
  readonly text: string;
}

function judge(version: (typeof TALOS_VERSIONS)[number], t: TestContext) {
  const program = findTalosJudge(version);
  const folder = mkdtempSync(join(tmpdir(), "talos-"));
  t.after(() => rmSync(folder, { recursive: true }));
  let written = 0;
  const write = (text: string): string => {
    written += 1;
    const file = join(folder, `${written}.yaml`);
    writeFileSync(file, text);
    return file;
  };
  return {
    /** Of a control-plane node of a cluster that was made by this version of Talos. */
    generate: (contract: string, node: number) =>
      execFileSync(program, ["gen", contract, `https://10.0.0.1${node}:6443`], { encoding: "utf8" }),
    patch: (config: string, patch: string): string =>
      execFileSync(program, ["patch", write(config), write(patch)], { encoding: "utf8", stdio: "pipe" }),
    validate(config: string): Judged {
      const { status, stdout, stderr } = spawnSync(program, ["validate", write(config)], { encoding: "utf8" });
      return { code: status ?? -1, text: `${stdout}${stderr}` };
    },
  };
}

/** Without empty lists, which Talos leaves out when it writes a configuration again. */
function documents(config: string): Documents {
  const json = parseAllDocuments(config).map((document) => document.toJS());
  return JSON.parse(JSON.stringify(json), (_, value) =>
    Array.isArray(value) && value.length === 0 ? undefined : value,
  );
}

function machineConfig(config: string): MachineConfig {
  return documents(config).find((document) => "machine" in document) ?? {};
}

for (const version of TALOS_VERSIONS) {
  describe(`Talos ${version}`, () => {
    for (const nodes of [1, 3]) {
      test(`cluster.apiServer, ${nodes} of the control plane: the patch is valid, and the undo is exact`, (t) => {
        const talos = judge(version, t);
        for (let node = 1; node <= nodes; node += 1) {
          const before = talos.generate("v1.12", node);
          const after = talos.patch(before, PATCH);
          const { code, text } = talos.validate(after);
          assert.equal(code, 0, text);
          const { machine, cluster } = machineConfig(after);
          assert.deepEqual(cluster?.apiServer?.extraArgs, {
            "authentication-token-webhook-config-file": "/var/lib/iam-authenticator/webhook.kubeconfig",
            "authentication-token-webhook-version": "v1",
          });
          assert.deepEqual([machine?.files?.length, cluster?.apiServer?.extraVolumes?.length], [1, 1]);
          assert.deepEqual(documents(talos.patch(after, UNDO)), documents(before));
        }
      });
    }

    test("the patch applied twice mounts the folder twice, although the configuration is valid", (t) => {
      const talos = judge(version, t);
      const twice = talos.patch(talos.patch(talos.generate("v1.12", 1), PATCH), PATCH);
      assert.equal(talos.validate(twice).code, 0);
      const [first, second] = machineConfig(twice).cluster?.apiServer?.extraVolumes ?? [];
      assert.ok(first !== undefined);
      assert.deepEqual(second, first);
    });

    test("the document of 1.15 is unknown", (t) => {
      const talos = judge(version, t);
      assert.throws(
        () => talos.patch(talos.generate("v1.12", 1), DOCUMENT),
        /KubeAuthenticationWebhookConfig.*not registered/,
      );
    });

    const lists = version !== "1.12.0";
    test(`a list of issuers in extraArgs is ${lists ? "accepted, both in their order" : "refused"}`, (t) => {
      const talos = judge(version, t);
      const before = talos.generate("v1.12", 1);
      if (!lists) return assert.throws(() => talos.patch(before, ISSUERS), /cannot unmarshal|cannot construct/);
      const after = talos.patch(before, ISSUERS);
      assert.equal(talos.validate(after).code, 0);
      const { extraArgs } = machineConfig(after).cluster?.apiServer ?? {};
      assert.deepEqual(extraArgs, parse(ISSUERS).cluster.apiServer.extraArgs);
    });
  });
}

describe("Talos 1.14 with the document KubeAPIServerConfig", () => {
  test("cluster.apiServer beside it is refused", (t) => {
    const talos = judge("1.14.1", t);
    const config = talos.generate("v1.14", 1);
    assert.ok(documents(config).some(({ kind }) => kind === "KubeAPIServerConfig"));
    assert.equal(talos.validate(config).code, 0);
    const { code, text } = talos.validate(talos.patch(config, PATCH));
    assert.equal(code, 1);
    assert.match(text, /kube-apiserver config is already set in v1alpha1 config \(\.cluster\.apiServer\)/);
  });

  test("extraVolumes in it is refused", (t) => {
    const talos = judge("1.14.1", t);
    const { extraVolumes } = parse(PATCH).cluster.apiServer;
    const patch = stringify({ apiVersion: "v1alpha1", kind: "KubeAPIServerConfig", extraVolumes });
    assert.throws(
      () => talos.patch(talos.generate("v1.14", 1), patch),
      /unknown keys found during decoding:\s+extraVolumes/,
    );
  });

  test("the issuers are accepted in its extraArgs", (t) => {
    const talos = judge("1.14.1", t);
    const { extraArgs } = parse(ISSUERS).cluster.apiServer;
    const patch = stringify({ apiVersion: "v1alpha1", kind: "KubeAPIServerConfig", extraArgs });
    const after = talos.patch(talos.generate("v1.14", 1), patch);
    const { code, text } = talos.validate(after);
    assert.equal(code, 0, text);
    const document = documents(after).find(({ kind }) => kind === "KubeAPIServerConfig");
    assert.deepEqual(document?.["extraArgs"], extraArgs);
  });

  test("the generated configuration has KubeAuthenticationConfig, which the page says to keep", (t) => {
    const config = judge("1.14.1", t).generate("v1.14", 1);
    assert.ok(documents(config).some(({ kind }) => kind === "KubeAuthenticationConfig"));
  });

  test("validation warns that machine.files is deprecated", (t) => {
    const talos = judge("1.14.1", t);
    assert.match(talos.validate(talos.patch(talos.generate("v1.12", 1), PATCH)).text, /machine\.files is deprecated/);
  });
});
