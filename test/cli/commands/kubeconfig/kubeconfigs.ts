// Kubeconfigs as other programs and people write them, with shortened certificates, and what
// `--merge` must do with each.

const CA = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";
const ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/web";

/** As kubectl and client-go write: keys in alphabetical order, lists that are not indented. */
const byClientGo = (name: string, server: string, user: string, account = name) => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${CA}
    server: ${server}
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: ${account}
  name: ${name}
current-context: ${name}
kind: Config
preferences: {}
users:
- name: ${account}
  user:
${user.replace(/^/gm, "    ")}
`;

const CERTIFICATE = `client-certificate-data: ${CA}\nclient-key-data: ${CA}`;
const exec = (command: string, args: readonly string[], more = "") =>
  `exec:\n  apiVersion: client.authentication.k8s.io/v1beta1\n  args:\n${args.map((arg) => `  - ${arg}\n`).join("")}  command: ${command}\n  env: null${more}`;

const KIND = byClientGo("kind-kind", "https://127.0.0.1:41233", CERTIFICATE);
const PLAIN = "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n";
const foreign = (list: string, part: string, fields: string) =>
  PLAIN.replace(`${list}: []`, `${list}:\n- name: prod\n  ${part}: ${fields}`);

/** By what wrote it. */
export const MERGED: Readonly<Record<string, string>> = {
  nothing: "",
  "kubectl, without entries":
    'apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: ""\nkind: Config\nusers: null\n',
  "kubectl config unset":
    "apiVersion: v1\nkind: Config\nclusters: # nobody\nusers:\ncontexts: ~ # none\n",
  "empty lists": PLAIN,
  kind: KIND,
  k3s: byClientGo("default", "https://127.0.0.1:6443", CERTIFICATE),
  k3d: byClientGo("k3d-dev", "https://0.0.0.0:36213", CERTIFICATE, "admin@k3d-dev"),
  kops: byClientGo(
    "web.example.com",
    "https://api.web.example.com",
    `${CERTIFICATE}\npassword: p\nusername: "012345678901"`,
  ),
  Talos: byClientGo("talos", "https://10.5.0.2:6443", CERTIFICATE, "admin@talos"),
  "Docker Desktop": byClientGo(
    "docker-desktop",
    "https://kubernetes.docker.internal:6443",
    CERTIFICATE,
  ),
  minikube: byClientGo("minikube", "https://192.168.49.2:8443", CERTIFICATE).replace(
    "    server",
    `    extensions:
    - extension:
        last-update: Mon, 02 Nov 2026 10:00:00 CET
        provider: minikube.sigs.k8s.io
        version: v1.38.0
      name: cluster_info
    server`,
  ),
  "aws eks update-kubeconfig": byClientGo(
    ARN,
    "https://0A1B.gr7.eu-west-1.eks.amazonaws.com",
    exec("aws", [
      "--region",
      "eu-west-1",
      "eks",
      "get-token",
      "--cluster-name",
      "prod",
      "--output",
      "json",
    ]),
  ),
  eksctl: byClientGo(
    "prod.eu-west-1.eksctl.io",
    "https://0A1B.gr7.eu-west-1.eks.amazonaws.com",
    exec("aws-iam-authenticator", ["token", "-i", "prod"], "\n  provideClusterInfo: false"),
    "jane@prod.eu-west-1.eksctl.io",
  ),
  gcloud: byClientGo(
    "gke_project_europe-west1-b_web",
    "https://203.0.113.7",
    exec(
      "gke-gcloud-auth-plugin",
      ["x"],
      "\n  installHint: Install gke-gcloud-auth-plugin\n  provideClusterInfo: true",
    ),
  ),
  AKS: byClientGo(
    "web",
    "https://web-dns-1.hcp.westeurope.azmk8s.io:443",
    exec("kubelogin", ["get-token"]),
    "clusterUser_web",
  ),
  OpenShift: byClientGo(
    "api-example-com:6443",
    "https://api.example.com:6443",
    "token: sha256~abc",
    "jane/api-example-com:6443",
  ),
  Rancher: `apiVersion: v1
kind: Config
clusters:
- name: "local"
  cluster:
    server: "https://rancher.example.com/k8s/clusters/local"

users:
- name: "local"
  user:
    token: "kubeconfig-user-abc:def"


contexts:
- name: "local"
  context:
    user: "local"
    cluster: "local"

current-context: "local"
`,
  "a person: comments, four spaces, unknown keys": `# my clusters
---
apiVersion: v1   # never changes
kind: Config
x-owner: {team: a,   mail: 'a@example.com'}
clusters:

    # the old one
    -   name: old      # until March
        cluster:
            server: https://old.example.com   # VPN
            certificate-authority-data: >-
                ${CA}
    # - name: gone
    #   cluster: {}
users:
    -   name: old
        user: {token: "a: b",
               x-note: "two lines"}
contexts:
    -   {name: old, context: {cluster: old, user: old, namespace: 'team-a'}}
# nothing selected
current-context:
# the end
`,
  "a person: anchors": `x-ca: &ca ${CA}
x-user: &jane {token: t}
apiVersion: v1
kind: Config
clusters:
  - {name: a, cluster: {server: "https://a.example.com", certificate-authority-data: *ca}}
  - {name: b, cluster: {server: "https://b.example.com", certificate-authority-data: *ca}}
users:
  - {name: a, user: *jane}
  - {name: b, user: *jane}
contexts: [{name: a, context: {cluster: a, user: a}}, {name: b, context: {cluster: b, user: b}}]
current-context: a
`,
  "Windows: CRLF": byClientGo(
    "docker-desktop",
    "https://kubernetes.docker.internal:6443",
    CERTIFICATE,
  ).replaceAll("\n", "\r\n"),
  "no line break at the end, and an end mark": `${KIND}...`,
  "JSON of one line": JSON.stringify({
    kind: "Config",
    clusters: [],
    users: [{ name: "a", user: { token: "t" } }],
  }),
  "JSON with an entry": `{
  "apiVersion": "v1",
  "clusters": [
    {"name": "a", "cluster": {"server": "https://a.example.com"}}
  ],
  "contexts": null
}
`,
  "JSON in lines, with commas at the end": "{\n  users: [\n    {name: a, user: {}},\n  ],\n}\n",
  "a list with an entry before an empty one":
    "kind: Config\nusers:\n- name: a\n  user: {}\nclusters: []\ncontexts: []\n",
  "an empty list at the end": "kind: Config\ncontexts:\n- name: a\n  context: {}\nusers: []\n",
};

/** The text, and the message. */
export const REFUSED: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  "two documents": [`${KIND}---\n${KIND}`, /has several documents/],
  "broken YAML": [KIND.replace("    server", "   server"), /line \d+, column \d+: not valid YAML/],
  "repeated keys": [
    `${PLAIN}users: []\n`,
    /not valid YAML \(Map keys must be unique\): remove one of the two/,
  ],
  "merge keys": [
    "x: &x {a: b}\nclusters:\n- name: a\n  cluster: {<<: *x}\n",
    /line 4: merge keys \(<<\) are not sup/,
  ],
  "another object": ["apiVersion: v1\nkind: ConfigMap\n", /is not a kubeconfig/],
  "a list": ["- a\n", /is not a kubeconfig/],
  "a map instead of a list": ["clusters: {a: {server: https://a}}\n", /cannot change safely/],
  "a list that is an alias": [
    "x: &x [{name: a, user: {}}]\nusers: *x\n",
    /in a way that this command cannot change safely/,
  ],
  "a list that has another alias": [
    "users: &x [{name: a, user: {}}]\nx: *x\n",
    /cannot change safely/,
  ],
  "another cluster of the name": [
    foreign("clusters", "cluster", "{server: https://kops}"),
    /has another cluster "prod", which/,
  ],
  "another user of the name": [
    foreign("users", "user", "{token: t}"),
    /has another user "prod", which .* Give --alias/,
  ],
  "another context of the name": [
    foreign("contexts", "context", `{cluster: "${ARN}"}`),
    /has another context "prod"/,
  ],
};
