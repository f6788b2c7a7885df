// Command cluster-api reads a KubeadmControlPlane of v1beta1 or v1beta2, and fails as Cluster API's API server would: for
// unknown fields, by the schema of its custom resource (crd.yaml) with its CEL rules, and by its admission webhooks. With a
// second file, it validates the update from that file. It prints, as JSON, the user data of the first control-plane machine and
// of one that joins. The content of a file from a Secret is the Secret's name and key.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/blang/semver/v4"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	apivalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	bootstrapv1 "sigs.k8s.io/cluster-api/api/bootstrap/kubeadm/v1beta2"
	controlplanev1beta1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta1"
	controlplanev1 "sigs.k8s.io/cluster-api/api/controlplane/kubeadm/v1beta2"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	"sigs.k8s.io/cluster-api/bootstrap/kubeadm/pkg/cloudinit"
	kubeadmtypes "sigs.k8s.io/cluster-api/bootstrap/kubeadm/pkg/types"
	"sigs.k8s.io/cluster-api/bootstrap/kubeadm/pkg/types/upstream"
	"sigs.k8s.io/cluster-api/controlplane/kubeadm/pkg/desiredstate"
	"sigs.k8s.io/cluster-api/controlplane/kubeadm/webhooks/admission"
	"sigs.k8s.io/cluster-api/controlplane/kubeadm/webhooks/conversion"
	"sigs.k8s.io/yaml"
)

//go:embed crd.yaml
var crd []byte

type userData struct {
	Init string `json:"init"`
	Join string `json:"join"`
}

func main() {
	data, err := run(context.Background(), os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(data)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, files []string) (*userData, error) {
	var webhook admission.KubeadmControlPlane
	var objects []*controlplanev1.KubeadmControlPlane
	for _, file := range files {
		object, err := read(ctx, file)
		if err == nil {
			err = webhook.Default(ctx, object)
		}
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	kcp := objects[0]
	var err error
	if len(objects) == 1 {
		_, err = webhook.ValidateCreate(ctx, kcp)
	} else {
		_, err = webhook.ValidateUpdate(ctx, objects[1], kcp)
	}
	if err != nil {
		return nil, err
	}
	return render(kcp)
}

func read(ctx context.Context, file string) (*controlplanev1.KubeadmControlPlane, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var header metav1.TypeMeta
	if err := yaml.Unmarshal(content, &header); err != nil {
		return nil, err
	}
	kcp := &controlplanev1.KubeadmControlPlane{}
	switch header.APIVersion {
	case controlplanev1.GroupVersion.String():
		err = yaml.UnmarshalStrict(content, kcp)
	case controlplanev1beta1.GroupVersion.String():
		old := &controlplanev1beta1.KubeadmControlPlane{}
		if err = yaml.UnmarshalStrict(content, old); err == nil {
			err = conversion.ConvertKubeadmControlPlaneV1Beta1ToHub(ctx, old, kcp)
		}
	default:
		err = fmt.Errorf("unknown version %q", header.APIVersion)
	}
	if err != nil {
		return nil, err
	}
	return kcp, validateSchema(ctx, content, header.GroupVersionKind().Version)
}

func validateSchema(ctx context.Context, content []byte, version string) error {
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(crd, &definition); err != nil {
		return err
	}
	var object map[string]any
	if err := yaml.Unmarshal(content, &object); err != nil {
		return err
	}
	for _, one := range definition.Spec.Versions {
		if one.Name != version {
			continue
		}
		var validation apiextensions.CustomResourceValidation
		if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(one.Schema, &validation, nil); err != nil {
			return err
		}
		validator, _, err := apivalidation.NewSchemaValidator(validation.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		structural, err := schema.NewStructural(validation.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		errs := apivalidation.ValidateCustomResource(nil, object, validator)
		// The limit of one expression is kube-apiserver's.
		rules, _ := cel.NewValidator(structural, true, 1000000).Validate(ctx, nil, structural, object, nil, math.MaxInt64)
		return append(errs, rules...).ToAggregate()
	}
	return fmt.Errorf("the custom resource has no version %q", version)
}

func render(kcp *controlplanev1.KubeadmControlPlane) (*userData, error) {
	version, err := semver.ParseTolerant(kcp.Spec.Version)
	if err != nil {
		return nil, err
	}
	cluster := &clusterv1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "my-cluster"}}
	first, err := machine(kcp, cluster, version, false)
	if err != nil {
		return nil, err
	}
	joining, err := machine(kcp, cluster, version, true)
	if err != nil {
		return nil, err
	}
	return &userData{Init: first, Join: joining}, nil
}

// machine returns the user data as the reconciler of KubeadmConfig writes it, without certificates and a bootstrap token.
func machine(kcp *controlplanev1.KubeadmControlPlane, cluster *clusterv1.Cluster, version semver.Version, joins bool) (string, error) {
	config, err := desiredstate.ComputeDesiredKubeadmConfig(kcp, cluster, joins, "machine", nil)
	if err != nil {
		return "", err
	}
	spec := config.Spec
	base := cloudinit.BaseUserData{AdditionalFiles: resolve(spec.Files), KubernetesVersion: version}
	var text []byte
	if joins {
		join, marshalErr := kubeadmtypes.MarshalJoinConfigurationForVersion(&spec.JoinConfiguration, version)
		if marshalErr != nil {
			return "", marshalErr
		}
		text, err = cloudinit.NewJoinControlPlane(&cloudinit.ControlPlaneJoinInput{BaseUserData: base, JoinConfiguration: join})
	} else {
		additional := &upstream.AdditionalData{KubernetesVersion: &kcp.Spec.Version, ClusterName: &cluster.Name}
		clusterConfiguration, marshalErr := kubeadmtypes.MarshalClusterConfigurationForVersion(&spec.ClusterConfiguration, version, additional)
		if marshalErr != nil {
			return "", marshalErr
		}
		init, marshalErr := kubeadmtypes.MarshalInitConfigurationForVersion(&spec.InitConfiguration, version)
		if marshalErr != nil {
			return "", marshalErr
		}
		text, err = cloudinit.NewInitControlPlane(&cloudinit.ControlPlaneInput{
			BaseUserData: base, ClusterConfiguration: clusterConfiguration, InitConfiguration: init})
	}
	return string(text), err
}

func resolve(files []bootstrapv1.File) []bootstrapv1.File {
	for i, file := range files {
		if file.ContentFrom.IsDefined() {
			files[i].Content = file.ContentFrom.Secret.Name + "/" + file.ContentFrom.Secret.Key
		}
	}
	return files
}
