// A correct issuer, IAM provider and cluster for `irsa doctor`, and how tests break them. Each test
// starts with a correct setup.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { policies } from "../../../../cli/commands/irsa/admission-policy.ts";
import {
  DISCOVERY_PATH,
  discoveryDocument,
  JWKS_PATH,
} from "../../../../functions/issuer/documents.ts";
import {
  type LocalRequest,
  ServiceError,
  startHttpServer,
} from "../../../../local/aws/http-server.ts";
import { readForm, renderError, renderResult } from "../../../../local/aws/protocols.ts";
import { PLAIN_POLICY, type PolicyOptions } from "../../../e2e/irsa/pods.ts";
import { ec, rsa } from "../../../functions/issuer/samples.ts";
import { startParameterStore } from "../../../local-aws.ts";
import { cli, useLocalAws } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { PREFIX } from "../mappings/cluster.ts";
import { kubeconfig, startService, tokenOf } from "./services.ts";

export const [SIGNER, CONTROLLER] = [rsa(), ec("P-256")];
export const [KEY, OTHER] = [SIGNER.jwk, CONTROLLER.jwk];
export const TOKEN_PATH = "POST /api/v1/namespaces/default/serviceaccounts/default/token";
export const WHO_AM_I = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
export const ADMISSION = "GET /apis/admissionregistration.k8s.io";
export const LABEL = { "irsa.iam-authenticator/has-role": "true" };
export const ROLE = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };

type PolicyObject = Readonly<Record<"apiVersion" | "kind", string>> & {
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown>;
};
type Edit = (object: PolicyObject) => PolicyObject | undefined;

export function useDoctor() {
  const folder = useFolder();
  const [issuer, api] = [useServer(startService), useServer(startService)];
  const store = useServer(() => startParameterStore({ parameters: {} }));
  const provider = { status: 200, audiences: [""] };
  const aws = useServer(() => startHttpServer(awsAnswer));

  function awsAnswer(request: LocalRequest) {
    const action = readForm(request).get("Action") ?? "";
    if (action === "GetCallerIdentity")
      return renderResult("iam", action, { Account: "111122223333" });
    const { status, audiences } = provider;
    if (status === 200) return renderResult("iam", action, { ClientIDList: { member: audiences } });
    const code = { 403: "AccessDenied", 404: "NoSuchEntity" }[status] ?? "ServiceFailure";
    return renderError("iam", new ServiceError(code, "no", status));
  }

  beforeEach(() => {
    useLocalAws({
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ENDPOINT_URL_IAM: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
    });
    for (const kid of ["broken", OTHER.kid]) store.remove(`${PREFIX}/issuer/${kid}`);
    store.put(`${PREFIX}/issuer/${KEY.kid}`, JSON.stringify(KEY));
    Object.assign(provider, { status: 200, audiences: ["sts.amazonaws.com"] });
    issuer.answers.clear();
    issuer.answers.set(`GET ${DISCOVERY_PATH}`, () => [
      200,
      JSON.parse(discoveryDocument(issuer.url, [KEY])),
    ]);
    issuer.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY] }]);
    api.answers.clear();
    api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY] }]);
    api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(KEY.kid, issuer.url) } }]);
    api.answers.set(WHO_AM_I, (_, authorization) => {
      assert.notEqual(authorization, "Bearer admin");
      return [401, {}];
    });
    setPolicies();
    setList("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");
    const namespace = (name: string) => ({
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
    });
    setList("/api/v1/namespaces", namespace("app"), namespace("other"));
    setAccounts(account("reader", { labels: LABEL, annotations: ROLE }));
    setPods([pod("good", "reader", "aws-iam-token"), pod("plain", "plain", "data")]);
    setSecrets();
  });

  function setList(path: string, ...items: object[]): void {
    api.answers.set(`GET ${path}`, () => [200, { items, metadata: {} }]);
  }

  function setPods(...pages: readonly object[][]): void {
    api.answers.set("GET /api/v1/pods", (_, __, query) => {
      const page = Number(query.get("continue") ?? 0);
      const next = page + 1 < pages.length ? { continue: String(page + 1) } : {};
      return [200, { items: pages[page], metadata: next }];
    });
  }

  const setSecrets = (...items: object[]) => setList("/api/v1/secrets", ...items);
  const others = [account("plain"), { metadata: { name: "reader", namespace: "other" } }];
  const setAccounts = (...items: object[]) =>
    setList("/api/v1/serviceaccounts", ...items, ...others);

  /**
   * Installs the policies of `irsa policy`; `change` returns `undefined` for an object that is not
   * installed.
   */
  function setPolicies(
    change: Edit = (object) => object,
    options: Partial<PolicyOptions> = {},
  ): void {
    for (const key of api.answers.keys()) if (/admissionpolic/.test(key)) api.answers.delete(key);
    const objects = policies({ ...PLAIN_POLICY, ...options }) as PolicyObject[];
    const pathOf = ({ apiVersion, kind }: PolicyObject) =>
      `/apis/${apiVersion}/${kind.toLowerCase().replace(/y$/, "ie")}s`;
    for (const [path, originals] of Map.groupBy(objects, pathOf)) {
      const installed = originals.flatMap((object) => change(object) ?? []);
      setList(path, ...installed);
      for (const object of installed)
        api.answers.set(`GET ${path}/${object.metadata.name}`, () => [200, object]);
    }
  }

  async function doctor(...words: string[]) {
    const where = ["-c", "prod", "--issuer", issuer.url, "--ca", folder.write("ca.crt", issuer.ca)];
    const { code, out, err } = await cli(["irsa", "doctor", ...where, "-o", "json", ...words]);
    const rows: Record<"check" | "state" | "seen" | "advice", string>[] = JSON.parse(out || "[]");
    return { code, rows, err };
  }
  const withCluster = () => doctor("--kubeconfig", folder.write("admin.conf", kubeconfig(api)));

  return {
    ...{
      issuer,
      api,
      store,
      provider,
      setPods,
      setSecrets,
      setAccounts,
      setPolicies,
      doctor,
      withCluster,
    },
    forbid: (path: string) => api.answers.set(path, () => [403, { message: "forbidden" }]),
    findings: async () =>
      (await withCluster()).rows.flatMap(({ check, state }) =>
        state === "ok" ? [] : [`${check}: ${state}`],
      ),
    /**
     * @param faults how each one is caused, and the one finding: `<check>: <state>: <seen> ->
     * <advice>`
     */
    testFaults(
      faults: Readonly<Record<string, readonly [breakIt: () => void, finding: RegExp]>>,
    ): void {
      for (const [name, [breakIt, finding]] of Object.entries(faults)) {
        test(`one fault fails one check: ${name}`, async () => {
          breakIt();
          const { code, rows } = await withCluster();
          const [bad, ...others] = rows.filter(({ state }) => state !== "ok");
          assert.match(`${bad?.check}: ${bad?.state}: ${bad?.seen} -> ${bad?.advice}`, finding);
          assert.deepEqual([others, code], [[], bad?.state === "failed" ? 1 : 0]);
        });
      }
    },
  };
}

export function pod(
  name: string,
  account: string,
  volume: string,
  more: { labels?: object; phase?: string } = {},
) {
  return {
    metadata: { name, namespace: "app", labels: more.labels ?? {} },
    spec: { serviceAccountName: account, volumes: [{ name: volume }] },
    status: { phase: more.phase ?? "Running" },
  };
}

export function account(name: string, more: { labels?: object; annotations?: object } = {}) {
  return { metadata: { name, namespace: "app", ...more } };
}

export const without = (kind: string, name: string) => (object: PolicyObject) =>
  object.kind === kind && object.metadata.name === name ? undefined : object;

export const withBindingSpec = (spec: object) => (object: PolicyObject) =>
  object.kind === "MutatingAdmissionPolicyBinding" &&
  object.metadata.name === "irsa.iam-authenticator"
    ? { ...object, spec: { ...object.spec, ...spec } }
    : object;

/** As before the label: the bindings select each ServiceAccount. */
export function selectAll(object: PolicyObject): PolicyObject | undefined {
  if (object.metadata.name === "irsa-label.iam-authenticator") return undefined;
  if (!object.kind.endsWith("Binding")) return object;
  return {
    ...object,
    spec: { ...object.spec, paramRef: { selector: {}, parameterNotFoundAction: "Allow" } },
  };
}
