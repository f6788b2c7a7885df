// Command kind reads a configuration of kind and a Kubernetes version, and runs the parts of `kind create cluster` that need no
// container: it validates the configuration, prints as JSON the mounts of the node and the configuration that kubeadm gets, and
// writes the cluster to KUBECONFIG. Only the node is not real. kind's packages are internal, so it is built inside its module.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/kind/pkg/cluster/internal/create/actions"
	configaction "sigs.k8s.io/kind/pkg/cluster/internal/create/actions/config"
	"sigs.k8s.io/kind/pkg/cluster/internal/kubeconfig"
	"sigs.k8s.io/kind/pkg/cluster/internal/providers"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/exec"
	"sigs.k8s.io/kind/pkg/internal/apis/config/encoding"
	"sigs.k8s.io/kind/pkg/internal/cli"
	"sigs.k8s.io/kind/pkg/log"
)

const adminConf = `apiVersion: v1
kind: Config
clusters: [{name: kind, cluster: {server: "https://kind-control-plane:6443"}}]
users: [{name: kubernetes-admin, user: {client-key-data: a2V5}}]
contexts: [{name: kubernetes-admin@kind, context: {cluster: kind, user: kubernetes-admin}}]
current-context: kubernetes-admin@kind
`

// node has files, which commands read and write.
type node struct{ files map[string]string }

func (n *node) String() string                            { return "kind-control-plane" }
func (n *node) Role() (string, error)                     { return "control-plane", nil }
func (n *node) IP() (ipv4 string, ipv6 string, err error) { return "172.18.0.2", "", nil }
func (n *node) SerialLogs(io.Writer) error                { return nil }
func (n *node) Command(name string, args ...string) exec.Cmd {
	return &command{node: n, words: append([]string{name}, args...)}
}
func (n *node) CommandContext(_ context.Context, name string, args ...string) exec.Cmd {
	return n.Command(name, args...)
}

type command struct {
	node   *node
	words  []string
	stdin  io.Reader
	stdout io.Writer
}

func (c *command) SetEnv(...string) exec.Cmd      { return c }
func (c *command) SetStdin(r io.Reader) exec.Cmd  { c.stdin = r; return c }
func (c *command) SetStdout(w io.Writer) exec.Cmd { c.stdout = w; return c }
func (c *command) SetStderr(io.Writer) exec.Cmd   { return c }

func (c *command) Run() error {
	switch c.words[0] {
	case "mkdir":
		return nil
	case "cat":
		_, err := io.WriteString(c.stdout, c.node.files[c.words[1]])
		return err
	case "cp":
		content, err := io.ReadAll(c.stdin)
		c.node.files[c.words[2]] = string(content)
		return err
	default:
		return fmt.Errorf("the node cannot run %v", c.words)
	}
}

// provider implements only what is called.
type provider struct {
	providers.Provider
	node *node
}

func (p *provider) String() string                              { return "docker" }
func (p *provider) ListNodes(string) ([]nodes.Node, error)      { return []nodes.Node{p.node}, nil }
func (p *provider) Info() (*providers.ProviderInfo, error)      { return &providers.ProviderInfo{}, nil }
func (p *provider) GetAPIServerEndpoint(string) (string, error) { return "127.0.0.1:33333", nil }
func (p *provider) GetAPIServerInternalEndpoint(string) (string, error) {
	return "kind-control-plane:6443", nil
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file, version string) error {
	cluster, err := encoding.Load(file)
	if err != nil {
		return err
	}
	cluster.Name = "kind"
	if err := cluster.Validate(); err != nil {
		return err
	}
	created := &node{files: map[string]string{"/kind/version": version, "/etc/kubernetes/admin.conf": adminConf}}
	docker := &provider{node: created}
	logger := log.NoopLogger{}
	action := actions.NewActionContext(logger, cli.StatusForLogger(logger), docker, cluster)
	if err := configaction.NewAction().Execute(action); err != nil {
		return err
	}
	if err := kubeconfig.Export(docker, cluster.Name, "", true); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"mounts":  cluster.Nodes[0].ExtraMounts,
		"kubeadm": created.files["/kind/kubeadm.conf"],
	})
}
