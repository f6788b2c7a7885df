// Command talos implements `talosctl gen config`, `talosctl machineconfig patch` and `talosctl validate` with their packages of
// pkg/machinery. talosctl itself needs modules that the module proxy does not serve.
//
//	talos gen <Talos version> <endpoint>      prints the configuration of a control-plane node
//	talos patch <configuration> <patch>...    prints the patched configuration
//	talos validate <configuration>            prints warnings, and fails if the configuration is invalid
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

// metal is the mode of `talosctl validate --mode metal`.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

var _ validation.RuntimeMode = metal{}

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(verb string, arguments []string) error {
	switch verb {
	case "gen":
		return generateConfig(arguments[0], arguments[1])
	case "patch":
		return patch(arguments[0], arguments[1:])
	case "validate":
		return validate(arguments[0])
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
}

func generateConfig(version, endpoint string) error {
	contract, err := config.ParseContractFromVersion(version)
	if err != nil {
		return err
	}
	input, err := generate.NewInput("e2e", endpoint, constants.DefaultKubernetesVersion,
		generate.WithVersionContract(contract), generate.WithInstallDisk("/dev/vda"))
	if err != nil {
		return err
	}
	provider, err := input.Config(machine.TypeControlPlane)
	if err != nil {
		return err
	}
	return printConfig(provider.Bytes())
}

func patch(file string, patches []string) error {
	configuration, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for i, name := range patches {
		patches[i] = "@" + name
	}
	loaded, err := configpatcher.LoadPatches(patches)
	if err != nil {
		return err
	}
	patched, err := configpatcher.Apply(configpatcher.WithBytes(configuration), loaded)
	if err != nil {
		return err
	}
	return printConfig(patched.Bytes())
}

func validate(file string) error {
	provider, err := configloader.NewFromFile(file)
	if err != nil {
		return err
	}
	warnings, err := provider.Validate(metal{}, validation.WithLocal())
	for _, warning := range warnings {
		fmt.Println(warning)
	}
	return err
}

func printConfig(text []byte, err error) error {
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}
