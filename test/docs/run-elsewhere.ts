// Commands in the documents that commands.test.ts does not run: the test that runs them, or the
// reason why none does.

/** `has`: text in that file, so that a test fails if the command is moved. */
type Elsewhere = { readonly by: string; readonly has: string } | { readonly because: string };

const by = (file: string, has: string): Elsewhere => ({ by: file, has });
const AT_A_CLUSTER = "test/e2e/documents.e2e.ts";
const MIGRATION = "test/e2e/migrate.e2e.ts";
const TRY_AWS = "test/e2e/emulator/try-aws.e2e.ts";
const RELEASE = "test/acceptance/checks/07-release.ts";
const REMOVAL = "test/acceptance/removal.ts";
const ISSUER = "test/acceptance/checks/08-issuer.ts";

const MEASURES: Elsewhere = { because: "it is a benchmark that takes minutes" };
const RUNS_TESTS: Elsewhere = {
  because: "it runs tests, some of which need Docker or a long time",
};
const DEPLOYED: Elsewhere = {
  because: "it needs a function on Lambda, with versions, limits and a log",
};
const EKS: Elsewhere = { because: "it needs EKS; the next command gets a response in this format" };
const KUBEADM = "test/e2e/kubeadm.e2e.ts";
const CONTROL_PLANE = by(KUBEADM, "kubeadm init phase control-plane apiserver");
const TALOS_NODE: Elsewhere = {
  because: "it needs a Talos node; talos.e2e.ts validates the patch",
};
const KOPS_CLOUD: Elsewhere = {
  because: "it needs cloud machines; kops.e2e.ts validates the cluster's fields",
};
const NO_SUCH_CLUSTER: Elsewhere = { because: "it needs a cluster of that distribution" };
const NO_PODS: Elsewhere = {
  because: "it needs running Pods; irsa.e2e.ts does the same without Pods",
};

/** By the start of the command; the first match applies. */
export const RUN_ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  "npm ci": by(".ci/run", "npm ci && npm test"),
  "npm test": by(".ci/run", "npm ci && npm test"),
  "npm run test:e2e": by(".ci/run", "npm run test:e2e"),
  "npm run test:peer": by("package.json", '"test:e2e": "node --run prepare'),
  "npm run test:": RUNS_TESTS,
  "ci-run": { because: "it runs this test" },
  "npm run try:cluster": by("test/e2e/sandbox.e2e.ts", "try-cluster.ts"),
  "kind ": by("test/e2e/sandbox.e2e.ts", "findKindJudge("),
  "kubectl --user bob auth whoami": by("test/e2e/sandbox.e2e.ts", "bob auth whoami"),
  "kubectl --user bob get pods": by("test/e2e/sandbox.e2e.ts", "bob get pods"),
  "kubectl create clusterrolebinding developers ": {
    because: "it needs kind; try-cluster.ts creates the same object",
  },
  "npm run try:aws": by(TRY_AWS, "try-aws.ts"),
  "npm run acceptance": by("test/e2e/emulator/acceptance.e2e.ts", "acceptanceIn("),
  "npm run bench": MEASURES,
  "npm run fuzz": by("test/fuzz/fuzz.test.ts", "parser.run(mutated("),
  "npm run build": by("package.json", '"prepare": "node --run build'),
  "aws apigateway get-account ": by("test/acceptance/checks/09-endpoints.ts", "get-account"),
  "aws iam enable-outbound-web-identity-federation": {
    because: "it changes an AWS account; no emulator has it",
  },
  "npm run docs": by("test/docs/links.test.ts", "generatedDocuments()"),
  "jq -r ": {
    because: "it is another program; context.test.ts selects several clusters by their ids",
  },
  "npm audit signatures": { because: "the package is not published" },
  "gh attestation verify ": { because: "the release workflow has not run" },
  "sha256sum --check --strict ": by("test/workflows.test.ts", "has another checksum"),
  "npm run --silent deploying-role": by("test/build/deploying-role.test.ts", "spawnSync("),
  "npm run release -- --check": by("test/build/owned-checks.test.ts", "ownedChecks(world)"),
  "npm run format": { because: "it would change the tested files" },
  "npx node --test ": { because: "npm test runs every test" },
  "npm start": by("test/local/start.test.ts", 'const START = "start.ts"'),
  "review ": by("test/local/terminal.test.ts", "docs/try.md"),
  review: by("test/local/terminal.test.ts", "docs/try.md"),
  "sleep 10": by("test/docs/recording.ts", ". .local/env"),
  "env -u AWS_ENDPOINT_URL_STS ": by("test/cli/aws/aws-cli.e2e.ts", "-u AWS_ENDPOINT_URL_STS"),
  "npm pack": by("test/build/package.test.ts", '"pack"'),
  "npm install --global ": by("test/e2e/package.e2e.ts", 'bin["iam-authenticator"]'),
  "git pull": { because: "it needs the network" },
  "git clone": { because: "it needs the network" },
  "npx cdk bootstrap": by("test/e2e/emulator/try/try-aws.ts", '"bootstrap"'),
  "npx cdk deploy -c clusterId=my-cluster -c issuer=true ": by(ISSUER, "issuer: true"),
  "npx cdk deploy ": by(TRY_AWS, "cdk deploy"),
  "npx cdk destroy ": by(TRY_AWS, "cdk destroy"),
  "npx cdk synth ": by("test/e2e/cfn-lint.e2e.ts", '"synth"'),
  "npx cdk diff ": { because: "it needs a deployed stack" },
  "sam ": by("test/e2e/sam/sam.e2e.ts", "sam local invoke"),
  "npx node test/e2e/sam/event.ts ": by("test/e2e/sam/sam.e2e.ts", "event.ts"),
  "kubectl auth ": by(AT_A_CLUSTER, "docs/rbac.md"),
  "kubectl config view --flatten": by("test/e2e/merge-kubeconfig.e2e.ts", '"view", "--flatten"'),
  "kubectl --kubeconfig my-cluster.kubeconfig auth whoami": by(
    "test/e2e/whoami.e2e.ts",
    '"whoami"',
  ),
  "kubectl --kubeconfig /dev/null ": by(AT_A_CLUSTER, "--kubeconfig /dev/null"),
  "kubectl --server https://node-1:6443 get --raw /openid/v1/jwks": by(
    "test/e2e/irsa.e2e.ts",
    "JWKS_PATH",
  ),
  "kubectl --server ": by(MIGRATION, "whoami"),
  "kubectl -n kube-system get configmap aws-iam-authenticator ": by(MIGRATION, "# MountedFile"),
  "kubectl -n kube-system get configmap aws-auth ": by(
    "test/cli/commands/mappings/import.test.ts",
    "aws-auth",
  ),
  "kubectl get iamidentitymappings ": {
    because: "it needs the old server; another test imports a list of them",
  },
  "kubectl -n kube-system delete ": by(MIGRATION, "delete configmap"),
  "grep clusterID": by(MIGRATION, "clusterID"),
  "kubectl -n kube-system logs ": NO_SUCH_CLUSTER,
  "kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get configmap kubeadm-config ":
    CONTROL_PLANE,
  "ps -eo args": by("test/e2e/one-webhook.e2e.ts", "ps -eo args"),
  "grep -o [-]-authentication-token-webhook-config-file=": by(
    "test/e2e/one-webhook.e2e.ts",
    "ps -eo args",
  ),
  "journalctl -u k3s": NO_SUCH_CLUSTER,
  "kubectl create clusterrolebinding payments ": {
    because: "authentication-config.e2e.ts shows the group that it names",
  },
  "cp examples/without-webhook/authentication-config.yaml ": by(
    "test/e2e/authentication-config.e2e.ts",
    "without-webhook/authentication-config.yaml",
  ),
  "sha256sum authentication-config.yaml": by(
    "test/e2e/authentication-config.e2e.ts",
    'hash("sha256", readFileSync(file))',
  ),
  "kubectl get --raw /metrics": by("test/e2e/authentication-config.e2e.ts", '"/metrics"'),
  "grep apiserver_authentication_config_controller_last_config_info": by(
    "test/e2e/authentication-config.e2e.ts",
    "apiserver_authentication_config_controller_last_config_info",
  ),
  "kubectl label nodes -l ": by(AT_A_CLUSTER, "kubectl label nodes"),
  "kubectl -n kube-system patch daemonset ": by(AT_A_CLUSTER, "iam-authenticator-migration"),
  "kubectl -n kube-system rollout status ": { because: "it needs kube-controller-manager" },
  "kubectl --kubeconfig break-glass.kubeconfig auth whoami": NO_SUCH_CLUSTER,
  "grep Unable to authenticate": by("test/e2e/cluster.ts", "Unable to authenticate"),
  "kubectl apply -f examples/": by(AT_A_CLUSTER, "rbacManifests()"),
  "kubectl apply -f -": by("test/e2e/irsa/policy-installation.ts", '"apply"'),
  "kubectl label serviceaccounts ": by(
    "test/e2e/irsa/policy-installation.ts",
    "await kubectl(...words)",
  ),
  "kubectl create namespace team-a": by(AT_A_CLUSTER, '["create", "namespace", "team-a"]'),
  "kubectl -n team-a run ": NO_PODS,
  "kubectl create secret generic my-cluster-iam-authenticator ": by(
    AT_A_CLUSTER,
    "create secret generic",
  ),
  "kubectl label secret my-cluster-iam-authenticator ": by(AT_A_CLUSTER, "label secret"),
  "kubectl create secret generic my-cluster-sa ": by(
    AT_A_CLUSTER,
    "create secret generic my-cluster-sa",
  ),
  "kubectl label secret my-cluster-sa ": by(AT_A_CLUSTER, "label secret my-cluster-sa"),
  "yq -r .certs.k8sserviceaccount.key ": {
    because: "it needs secrets of talosctl; the source was read",
  },
  "kubectl get secret my-cluster-sa ": by(AT_A_CLUSTER, "my-cluster-sa"),
  "base64 -d": by(AT_A_CLUSTER, "my-cluster-sa"),
  "kubectl -n team-a patch secret ": by(
    "test/e2e/irsa-rotation.e2e.ts",
    "kubectl -n team-a patch secret",
  ),
  "kubectl -n team-a ": by(AT_A_CLUSTER, "annotate serviceaccount"),
  "curl https://localhost/openid/v1/jwks": by(ISSUER, "JWKS_PATH"),
  "aws eks get-token ": by("test/e2e/aws-cli.ts", '"get-token"'),
  "aws eks ": EKS,
  "aws s3 cp ": by("test/acceptance/release.ts", "s3api"),
  "aws cloudformation deploy ": by(RELEASE, "cloudformation"),
  "aws cloudformation describe-stacks ": by(RELEASE, "cloudformation"),
  "aws ssm ": by(AT_A_CLUSTER, "aws ssm"),
  "aws sts get-web-identity-token ": by(AT_A_CLUSTER, "get-web-identity-token"),
  "aws lambda ": DEPLOYED,
  "aws logs ": DEPLOYED,
  "aws iam update-access-key ": { because: "it needs IAM" },
  "aws cloudtrail ": { because: "it needs CloudTrail, which no local service has" },
  "git log ": { because: "it needs the repository of an export" },
  "aws iam create-role ": { because: "it needs IAM; print.test.ts checks the policy" },
  "aws cloudformation update-termination-protection ": by(REMOVAL, "update-termination-protection"),
  "cat /etc/rancher/": NO_SUCH_CLUSTER,
  "kubeadm init phase control-plane apiserver ": CONTROL_PLANE,
  "kubeadm init phase control-plane controller-manager ": by(
    KUBEADM,
    "init phase control-plane controller-manager",
  ),
  "kubeadm kubeconfig user ": by(KUBEADM, "kubeadm kubeconfig user"),
  "cp /etc/kubernetes/manifests/": CONTROL_PLANE,
  "sed -n ": CONTROL_PLANE,
  cat: CONTROL_PLANE,
  "diff kube-apiserver.before.yaml ": CONTROL_PLANE,
  "kops ": KOPS_CLOUD,
  "grep -rn kube-apiserver-arg ": NO_SUCH_CLUSTER,
  "install -D ": NO_SUCH_CLUSTER,
  "cp /var/lib/rancher/": NO_SUCH_CLUSTER,
  "k3s ": NO_SUCH_CLUSTER,
  "systemctl restart k3s": NO_SUCH_CLUSTER,
  "talosctl ": TALOS_NODE,
  "clusterctl ": NO_SUCH_CLUSTER,
};
