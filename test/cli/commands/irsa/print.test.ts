// Output of `irsa policy`, `irsa flags` and `irsa trust-policy` for each Kubernetes version, and
// rejected options.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { cli } from "../../cli.ts";
import { exits, refuses } from "../mappings/cluster.ts";

const ISSUER = "https://abc123.execute-api.eu-west-1.amazonaws.com";

async function policy(...words: string[]) {
  const { out, err } = await exits(cli(["irsa", "policy", ...words]), 0);
  return { objects: parseAllDocuments(out).map((document) => document.toJS()), err };
}

describe("irsa policy", () => {
  const OBJECTS = ["Mutating", "Mutating", "Validating"].flatMap((kind) =>
    ["", "Binding"].map((end) => `${kind}AdmissionPolicy${end}`),
  );
  const FLAGS =
    /--feature-gates=MutatingAdmissionPolicy=true\n.*--runtime-config=admissionregistration\S+v1beta1=true\n/s;
  for (const version of [undefined, "1.36", "v1.37.2", "1.34", "1.35.1"]) {
    const api = version?.startsWith("1.34") || version?.startsWith("1.35") ? "v1beta1" : "v1";
    test(`for ${version ?? "the newest version"}, prints policies of API ${api}`, async () => {
      const words = version === undefined ? [] : ["--for", version];
      const { objects, err } = await policy(...words);
      const group = "admissionregistration.k8s.io";
      const expected = OBJECTS.map((kind) => [
        `${group}/${kind.startsWith("V") ? "v1" : api}`,
        kind,
      ]);
      const printed = objects.map(({ apiVersion, kind }) => [apiVersion, kind]);
      assert.deepEqual(printed, expected);
      assert.equal(FLAGS.test(err), api === "v1beta1", err);
      assert.deepEqual((await policy("--label-policy", ...words)).objects, objects.slice(0, 2));
      assert.match(
        JSON.stringify(objects[0]?.spec["matchConstraints"]),
        /"resources":\["serviceaccounts"\]\}\]/,
      );
    });
  }

  test("prints the steps of the installation in order, for the same version", async () => {
    for (const [words, where] of [
      [[], /^This is for step 4 of 4\./],
      [["--label-policy"], /^This is step 1 of 4\./],
      [["--for", "1.35"], /\nThis is for step 4 of 4\./],
    ] as const) {
      const { err } = await policy(...words);
      assert.match(err, where);
      const command = `npx --no -- lambda-iam-authenticator irsa policy${words[1] === undefined ? "" : " --for 1.35"}`;
      assert.deepEqual(err.match(/(?<=^ {2})\d\. .*/gm), [
        `1. ${command} --label-policy | kubectl apply -f -`,
        "2. kubectl label serviceaccounts --all --all-namespaces --overwrite irsa.iam-authenticator/has-role=true",
        '3. npx --no -- lambda-iam-authenticator irsa doctor ... --kubeconfig admin.conf     # "labels" must be ok',
        `4. ${command} ... | kubectl apply -f -`,
      ]);
    }
  });

  test("bindings for Pods select labelled ServiceAccounts", async () => {
    const { objects } = await policy();
    const selector = { matchLabels: { "irsa.iam-authenticator/has-role": "true" } };
    const selected = objects.flatMap(({ spec }) => spec.paramRef?.selector ?? []);
    assert.deepEqual(selected, [selector, selector]);
    assert.equal(objects[2]?.spec["reinvocationPolicy"], "Never", "as in upstream's manifest");
    const namespaces = ["--except-namespace", "kube-system", "--except-namespace", "ci"];
    const changed = await policy("--reinvocation-policy", "IfNeeded", ...namespaces);
    assert.equal(changed.objects[2]?.spec["reinvocationPolicy"], "IfNeeded");
    const matchExpressions = [
      { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", "ci"] },
    ];
    const selectors = changed.objects.flatMap(
      ({ spec }) => spec.matchConstraints?.namespaceSelector ?? [],
    );
    assert.deepEqual(selectors, [{ matchExpressions }, { matchExpressions }]);
  });

  test("no expression requires an optional field: a mirror Pod has no serviceAccountName", async () => {
    const { objects } = await policy(
      "--sts-regional-endpoint",
      "--aws-default-region",
      "eu-west-1",
    );
    const expressions = JSON.stringify(objects);
    assert.doesNotMatch(expressions, /(?<!has\()\bobject\.(?:spec|metadata)\.(?!\?)\w+/);
    assert.match(expressions, /\bobject\.spec\.\?serviceAccountName/);
  });

  test("--ec2-metadata-disabled changes only the default of its annotation", async () => {
    const text = async (...words: string[]) => JSON.stringify((await policy(...words)).objects);
    const changed = (await text()).replaceAll(
      'disabled\\"].orValue(\\"false\\")',
      'disabled\\"].orValue(\\"true\\")',
    );
    assert.equal(await text("--ec2-metadata-disabled"), changed);
    assert.notEqual(await text(), changed);
  });

  for (const [words, message] of [
    [
      "--for 1.32",
      /^Kubernetes 1\.32 has no MutatingAdmissionPolicy\. amazon-eks-pod-identity-webhook works .* examples\/irsa-by-hand/,
    ],
    ["--reinvocation-policy Always", /Allowed choices are Never, IfNeeded/],
    ["--for latest", /It must be a Kubernetes version such as 1\.36/],
    ["--for 2.0", /It must be a Kubernetes version/],
    ["--token-expiration 599", /must be at least 600/],
    ["--token-expiration 1d", /positive integer/],
    ["--token-audience=", /^--token-audience is empty/],
    ["--except-namespace Kube_System", /It must be a namespace/],
    ["--except-namespace=", /^--except-namespace is empty/],
    ["--aws-default-region paris", /must be an AWS region such as eu-west-1/],
  ] as const) {
    test(`refuses ${words}`, async () => {
      await refuses(cli(`irsa policy ${words}`), message);
    });
  }

  test("an option cannot break out of its CEL string", async () => {
    const { objects } = await policy("--token-audience", 'a"b\\cd');
    const audience = objects[2].spec.variables.find(
      ({ name }: { name: string }) => name === "audience",
    ).expression;
    assert.ok(audience.endsWith('.orValue("a\\"b\\\\cd")'), audience);
  });
});

describe("irsa flags", () => {
  test("prints the issuers, the URL of the keys, and the beta API's flags before 1.36", async () => {
    const issuer = `--service-account-issuer=${ISSUER}`;
    const jwks = `--service-account-jwks-uri=${ISSUER}/openid/v1/jwks`;
    const api = "admissionregistration.k8s.io/v1beta1";
    const beta = `--feature-gates=MutatingAdmissionPolicy=true --runtime-config=${api}=true`;
    // Never --api-audiences: a Pod's token for AWS could log in to kube-apiserver.
    for (const [words, expected] of [
      [[], `${issuer} ${jwks}`],
      [["--for", "1.34"], `${issuer} ${jwks} ${beta}`],
      [["--for", "1.32"], `${issuer} ${jwks}`],
      [
        ["--old-issuer", "https://a.example"],
        `${issuer} --service-account-issuer=https://a.example ${jwks}`,
      ],
    ] as const) {
      const { out, err } = await cli(["irsa", "flags", "--issuer", ISSUER, ...words]);
      assert.equal(out.trim().replaceAll("\n", " "), expected);
      const warning = /Without --old-issuer, kube-apiserver rejects every service-account token/;
      assert.equal(warning.test(err), !expected.includes("https://a.example"));
    }
  });

  test("rejects an issuer in another spelling, and the same one as --old-issuer", async () => {
    for (const issuer of [
      `${ISSUER}/`,
      `${ISSUER}:443`,
      "http://a.example.com",
      "https://A.example.com",
    ]) {
      await exits(
        cli(`irsa flags --issuer ${issuer}`),
        2,
        /It must be a URL such as https:\/\/oidc\.example\.com/,
      );
    }
    const same = cli(["irsa", "flags", "--issuer", ISSUER, "--old-issuer", ISSUER]);
    await exits(same, 2, "--old-issuer is the same as --issuer: leave it out.\n");
  });
});

describe("irsa trust-policy", () => {
  const HOST = "abc123.execute-api.eu-west-1.amazonaws.com";
  const trustPolicy = (...words: string[]) =>
    cli(["irsa", "trust-policy", "--issuer", ISSUER, "--aws-account", "111122223333", ...words]);

  test("matches exactly one service account and audience", async () => {
    const { out } = await exits(trustPolicy("team-a/reader"), 0);
    const subject = "system:serviceaccount:team-a:reader";
    const statement = {
      Effect: "Allow",
      Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${HOST}` },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: { [`${HOST}:sub`]: subject, [`${HOST}:aud`]: "sts.amazonaws.com" },
      },
    };
    assert.deepEqual(JSON.parse(out), { Version: "2012-10-17", Statement: [statement] });
  });

  test("allows a pattern only with --pattern, and still matches the exact audience", async () => {
    for (const subject of ["team-a/*", "team-?/reader", "*/*"]) {
      const message =
        /is a pattern: every user who can create a match gets the role \(--pattern allows it\)/;
      await exits(trustPolicy(subject), 2, message);
      const { Condition } = JSON.parse((await trustPolicy(subject, "--pattern")).out).Statement[0];
      assert.deepEqual(Object.keys(Condition), ["StringEquals", "StringLike"]);
      assert.deepEqual(Object.keys(Condition.StringEquals), [`${HOST}:aud`]);
    }
  });

  test("rejects an unknown partition and an empty audience", async () => {
    await exits(trustPolicy("team-a/reader", "--partition", "aws-cn"), 0);
    for (const [words, message] of [
      [["--partition", "aws-china"], /'aws-china' is invalid\. Allowed choices are aws, aws-cn, /],
      [["--partition", ""], /^--partition is empty/],
      [["--token-audience", ""], /^--token-audience is empty/],
    ] as const) {
      await refuses(trustPolicy("team-a/reader", ...words), message);
    }
  });

  test("rejects an invalid Kubernetes name, with and without --pattern", async () => {
    for (const subject of [
      "Team/reader",
      "team/",
      "/reader",
      "team_a/reader",
      "a:b/c",
      "team/reader:x",
      "$(aws)/*",
    ]) {
      for (const more of [[], ["--pattern"]])
        await exits(trustPolicy(subject, ...more), 2, /is not a Kubernetes name/);
    }
    for (const subject of ["reader", "a/b/c"])
      await exits(trustPolicy(subject), 2, /must be a namespace and a name/);
  });
});
