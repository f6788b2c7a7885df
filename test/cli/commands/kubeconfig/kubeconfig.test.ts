// The contents of the files that `kubeconfig webhook` and `kubeconfig client` create.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, prints, refuses } from "../mappings/cluster.ts";

const folder = useFolder();
const authority = createCertificateAuthority();
const PEM = authority.ca;
const pem = folder.write("some.pem", PEM);
const key = folder.write("some.key", authority.client({ CN: "kube-apiserver" }).key);
const CERTIFICATE = ["--client-cert", pem];
const WEBHOOK = ["kubeconfig", "webhook", "--endpoint", "https://a.example:8443"];
const SERVER = "https://a.example:8443/authenticate";

test("webhook reads a bearer token from standard input and keeps the endpoint's path", async () => {
  for (const path of ["", "/", "/authenticate", "/authenticate/", "/live/authenticate//"]) {
    const { out } = await cli(`kubeconfig webhook --endpoint https://a.example${path} --no-token`);
    const stage = path.startsWith("/live") ? "/live" : "";
    assert.equal(parse(out).clusters[0].cluster.server, `https://a.example${stage}/authenticate`);
  }
  const words = `kubeconfig webhook --endpoint https://a.example/prod --ca ${pem} --token-file -`;
  const { out } = await cli(words, { input: "secret\n" });
  const { clusters, users, contexts, "current-context": current } = parse(out);
  const ca = Buffer.from(PEM).toString("base64");
  const cluster = {
    server: "https://a.example/prod/authenticate",
    "certificate-authority-data": ca,
  };
  assert.deepEqual([clusters[0].cluster, users[0].user], [cluster, { token: "secret" }]);
  assert.deepEqual(contexts[0], {
    name: current,
    context: { cluster: clusters[0].name, user: users[0].name },
  });
});

test("webhook always has a TLS setting", async () => {
  const clusterOf = async (...words: string[]) =>
    parse((await cli([...WEBHOOK, ...words])).out).clusters[0].cluster;
  assert.deepEqual(await clusterOf("--no-token"), {
    server: SERVER,
    "tls-server-name": "a.example",
  });
  assert.deepEqual(Object.keys(await clusterOf("--no-token", "--ca", pem)), [
    "server",
    "certificate-authority-data",
  ]);
  assert.deepEqual(await clusterOf("--client-cert", pem, "--client-key", key), { server: SERVER });
  const local = await cli([
    "kubeconfig",
    "webhook",
    "--endpoint",
    "http://localhost:8443",
    "--no-token",
  ]);
  assert.deepEqual(parse(local.out).clusters[0].cluster, {
    server: "http://localhost:8443/authenticate",
  });
});

test("webhook --token-file-path names a file that need not exist here, and contains no token", async () => {
  const path = "/etc/kubernetes/iam-authenticator/caller-token";
  const words = [...WEBHOOK, "--token-file-path"];
  const { out } = await exits(cli([...words, path]), 0);
  assert.deepEqual(parse(out).users[0].user, { tokenFile: path });
  for (const wrong of ["caller-token", "./caller-token", "/etc/kubernetes/"]) {
    await refuses(
      cli([...words, wrong]),
      /It must be an absolute path on kube-apiserver's machine, such as \/etc\//,
    );
  }
  for (const other of [["--token-file", "-"], CERTIFICATE, ["--no-token"]]) {
    await exits(
      cli([...words, path, ...other], { input: "secret\n" }),
      2,
      /cannot be used with option/,
    );
  }
});

test("webhook requires either credentials or --no-token", async () => {
  await refuses(
    cli(WEBHOOK),
    /^The kubeconfig would have no credentials, and the function would reject it\. Give /,
  );
  assert.deepEqual(parse((await cli([...WEBHOOK, "--no-token"])).out).users[0].user, {});
  for (const other of [["--token-file", "-"], CERTIFICATE]) {
    const both = cli([...WEBHOOK, "--no-token", ...other], { input: "secret\n" });
    await refuses(
      both,
      /'--no-token' cannot be used with option '--(token-file|client-cert) <file>'/,
    );
  }
});

test("webhook rejects a file without a token, and does not print its content", async () => {
  const bad =
    "standard input contains no bearer token: it must be one line of ASCII characters without spaces.\n";
  for (const input of ["", "two words", "mappings:\n  - secret", "sécret"]) {
    await refuses(
      cli([...WEBHOOK, "--token-file", "-"], { input }),
      input === "" ? "Standard input is empty.\n" : bad,
    );
  }
});

test("webhook inlines the client certificate, and refuses one without a key", async () => {
  const words = [...WEBHOOK, ...CERTIFICATE];
  const { users } = parse((await cli([...words, "--client-key", key])).out);
  assert.deepEqual(Object.keys(users[0].user), ["client-certificate-data", "client-key-data"]);
  await refuses(cli(words), /--client-cert and --client-key must be given together/);
  for (const wrong of [
    "a.example",
    "",
    "ftp://a.example",
    "http://a.example",
    "http://127.0.0.1.example",
  ]) {
    await exits(cli(["kubeconfig", "webhook", "--endpoint", wrong]), 2);
  }
  await refuses(
    cli([...words, "--client-key", "/none"]),
    /^Cannot read \/none: there is no such file\.\n$/,
  );
});

const ROLE = "arn:aws:iam::111122223333:role/Admin";
const CLIENT = [
  "kubeconfig",
  "client",
  "-c",
  "prod",
  "--server",
  "https://10.0.0.1:6443",
  "--region",
  "eu-west-1",
];

test("client uses the environment's region without --region", async () => {
  for (const [environment, region, ...words] of [
    [{ AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" }, "eu-west-1"],
    [{ AWS_REGION: "", AWS_DEFAULT_REGION: "eu-west-2" }, "eu-west-2"],
    [{ AWS_REGION: "eu-west-1" }, "us-east-1", "--region", "us-east-1"],
    [{}, undefined],
  ] as const) {
    const { out } = await cli([...CLIENT.slice(0, -2), ...words], { environment });
    assert.equal(/--region\n\s+- (\S+)/.exec(out)?.[1], region);
  }
});

test("client warns without a region or the cluster's CA, and still prints the file", async () => {
  for (const [words, warning] of [
    [
      [...CLIENT.slice(0, -2), "--ca", pem],
      /^Without --region, the program uses the region of each user's .*\n$/,
    ],
    [CLIENT, /^Without --ca, kubectl trusts only the CAs of its machine\. .*\n$/],
    [[...CLIENT, "--ca", pem], /^$/],
  ] as const) {
    await prints(cli(words), /get-token/, warning);
  }
});

test("client sets the exec plugin of each program", async () => {
  const exec = async (...words: string[]) =>
    parse((await cli([...CLIENT, ...words])).out).users[0].user.exec;
  const [apiVersion, interactiveMode] = ["client.authentication.k8s.io/v1beta1", "IfAvailable"];
  const args = [
    "eks",
    "get-token",
    "--cluster-name",
    "prod",
    "--region",
    "eu-west-1",
    "--output",
    "json",
  ];
  assert.deepEqual(await exec(), { apiVersion, command: "aws", args, interactiveMode });
  assert.partialDeepStrictEqual(
    await exec("--exec", "iam-authenticator", "--role", ROLE, "--profile", "p"),
    {
      apiVersion,
      args: [
        "token",
        "--cluster",
        "prod",
        "--region",
        "eu-west-1",
        "--role",
        ROLE,
        "--forward-session-name",
      ],
      env: [{ name: "AWS_PROFILE", value: "p" }],
    },
  );
  const env = [{ name: "AWS_REGION", value: "eu-west-1" }];
  const peer = { apiVersion, args: ["token", "--cluster-id", "prod"], env };
  assert.partialDeepStrictEqual(await exec("--exec", "aws-iam-authenticator"), peer);
});

test("client --role: iam-authenticator names each session after its user", async () => {
  const { path } = useFolder();
  writeFileSync(join(path, "iam-authenticator"), "");
  const bin = join(path, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "iam-authenticator"), "");
  const words = [...CLIENT, "--ca", pem];
  const ours = [
    "token",
    "--cluster",
    "prod",
    "--region",
    "eu-west-1",
    "--role",
    ROLE,
    "--forward-session-name",
  ];
  const aws = [
    "eks",
    "get-token",
    "--cluster-name",
    "prod",
    "--region",
    "eu-west-1",
    "--role-arn",
    ROLE,
  ];
  const said =
    /^Every session is then called EKSGetTokenAuth: .* install iam-authenticator, .* role_session_name, .*\n$/;
  for (const [more, PATH, command, args, message] of [
    [
      ["--role", ROLE],
      path,
      "iam-authenticator",
      ours,
      /^The file runs iam-authenticator, which each user must install\. /,
    ],
    [["--role", ROLE, "--exec", "iam-authenticator"], "", "iam-authenticator", ours, /^$/],
    [["--role", ROLE], "", "aws", [...aws, "--output", "json"], said],
    // npx adds this folder, and kubectl does not find it later.
    [["--role", ROLE], bin, "aws", [...aws, "--output", "json"], said],
    [["--role", ROLE, "--exec", "aws"], path, "aws", [...aws, "--output", "json"], said],
    [
      ["--role", ROLE, "--exec", "aws-iam-authenticator"],
      path,
      "aws-iam-authenticator",
      ["token", "--cluster-id", "prod", "--role", ROLE],
      /^Each session then has a generated name: no log shows/,
    ],
    // Without a role, the session is the user's own.
    [[], path, "aws", [...aws.slice(0, -2), "--output", "json"], /^$/],
  ] as const) {
    const { out, err } = await cli([...words, ...more], { environment: { PATH } });
    const { exec } = parse(out).users[0].user;
    assert.deepEqual([exec.command, exec.args], [command, args]);
    assert.match(err, message);
  }
});

test("client --jwt and --login are options of this command, and refuse other programs", async () => {
  const words = [...CLIENT, "--ca", pem, "--jwt"];
  const { command, args, apiVersion } = parse((await cli([...words, "--role", ROLE])).out).users[0]
    .user.exec;
  assert.deepEqual(
    [command, apiVersion],
    ["iam-authenticator", "client.authentication.k8s.io/v1beta1"],
  );
  assert.deepEqual(args, [
    "token",
    "--cluster",
    "prod",
    "--jwt",
    "--region",
    "eu-west-1",
    "--role",
    ROLE,
    "--forward-session-name",
  ]);
  const login = parse((await cli([...CLIENT, "--ca", pem, "--login", "--profile", "dev"])).out)
    .users[0].user.exec;
  assert.deepEqual(login.args, ["token", "--cluster", "prod", "--login", "--region", "eu-west-1"]);
  assert.deepEqual([login.command, login.interactiveMode], ["iam-authenticator", "IfAvailable"]);
  for (const option of ["--jwt", "--login"]) {
    await exits(cli([...CLIENT, option, "--exec", "iam-authenticator"]), 0);
    for (const program of ["aws", "aws-iam-authenticator"]) {
      const message = new RegExp(
        `${option} needs --exec iam-authenticator: ${program} has no such option\\.`,
      );
      await refuses(cli([...CLIENT, option, "--exec", program]), message);
    }
  }
});
