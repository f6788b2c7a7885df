// Command kops reads a Cluster and its InstanceGroups from a file, in the format of `kops edit`. It fails for unknown fields
// and invalid values, as kops does. Otherwise it prints, as JSON for each group with kube-apiserver, the output of nodeup:
// kube-apiserver's flags and mounts, the names in its certificate, and the file assets. It uses kops's mock of AWS.
package main

import (
	"context"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kops/cloudmock/aws/mockec2"
	"k8s.io/kops/nodeup/pkg/model"
	"k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/apis/kops/validation"
	"k8s.io/kops/pkg/apis/nodeup"
	"k8s.io/kops/pkg/assets"
	"k8s.io/kops/pkg/client/simple/vfsclientset"
	"k8s.io/kops/pkg/edit"
	"k8s.io/kops/pkg/featureflag"
	"k8s.io/kops/pkg/kopscodecs"
	"k8s.io/kops/pkg/pki"
	"k8s.io/kops/upup/pkg/fi"
	"k8s.io/kops/upup/pkg/fi/cloudup"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"
	"k8s.io/kops/upup/pkg/fi/nodeup/nodetasks"
	"k8s.io/kops/util/pkg/distributions"
	"k8s.io/kops/util/pkg/text"
	"k8s.io/kops/util/pkg/vfs"
	"sigs.k8s.io/yaml"
)

type group struct {
	Name             string            `json:"name"`
	Role             string            `json:"role"`
	Flags            []string          `json:"flags"`
	Mounts           map[string]string `json:"mounts"`
	CertificateNames []string          `json:"certificateNames"`
	// FileAssets has modes by path.
	FileAssets map[string]string `json:"fileAssets"`
	// Files has all paths of files for kube-apiserver.
	Files []string `json:"files"`
}

const manifestPath = "/etc/kubernetes/manifests/kube-apiserver.manifest"

func main() {
	groups, err := run(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(groups); err != nil {
		panic(err)
	}
}

func run(ctx context.Context, file string) ([]group, error) {
	// The first allows instance groups of the role APIServer; the second disables calls to registries for digests.
	featureflag.ParseFlags("+APIServerNodes,-ImageDigest")
	cluster, instanceGroups, err := read(file)
	if err != nil {
		return nil, err
	}
	cloud := awsup.InstallMockAWSCloud("us-test-1", "abc")
	cloud.MockEC2 = &mockec2.MockEC2{Images: []*ec2types.Image{{
		ImageId:        aws.String("ami-12345678"),
		Architecture:   ec2types.ArchitectureValuesX8664,
		RootDeviceName: aws.String("/dev/xvda"),
	}}}

	vfs.Context.ResetMemfsContext(true)
	base, err := vfs.Context.BuildVfsPath("memfs://state")
	if err != nil {
		return nil, err
	}
	clientset := vfsclientset.NewVFSClientset(vfs.Context, base)
	assetBuilder := assets.NewAssetBuilder(vfs.Context, cluster.Spec.Assets, false)
	if err := cloudup.PerformAssignments(cluster, vfs.Context, cloud); err != nil {
		return nil, err
	}
	full, err := cloudup.PopulateClusterSpec(ctx, clientset, cluster, instanceGroups, cloud, assetBuilder)
	if err != nil {
		return nil, err
	}
	if err := validation.DeepValidate(full, instanceGroups, true, vfs.Context, cloud); err != nil {
		return nil, err
	}
	keys, err := serviceAccountKeys(ctx)
	if err != nil {
		return nil, err
	}
	var groups []group
	for _, ig := range instanceGroups {
		if !ig.HasAPIServer() {
			continue
		}
		rendered, err := render(full, ig, keys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ig.Name, err)
		}
		groups = append(groups, *rendered)
	}
	return groups, nil
}

// read rejects unknown fields as `kops edit` does.
func read(file string) (*kops.Cluster, []*kops.InstanceGroup, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	var cluster *kops.Cluster
	var instanceGroups []*kops.InstanceGroup
	for _, section := range text.SplitContentToSections(content) {
		extra, err := edit.HasExtraFields(string(section))
		if err != nil {
			return nil, nil, err
		}
		if extra != "" {
			return nil, nil, fmt.Errorf("unknown fields:\n%s", extra)
		}
		object, _, err := kopscodecs.Decode(section, nil)
		if err != nil {
			return nil, nil, err
		}
		switch object := object.(type) {
		case *kops.Cluster:
			cluster = object
		case *kops.InstanceGroup:
			instanceGroups = append(instanceGroups, object)
		default:
			return nil, nil, fmt.Errorf("unexpected %T", object)
		}
	}
	return cluster, instanceGroups, nil
}

// keyset is nodeup's key store with the service-account keys.
type keyset struct {
	fi.KeystoreReader
	keys *fi.Keyset
}

func (k keyset) FindKeyset(_ context.Context, name string) (*fi.Keyset, error) {
	if name == "service-account" {
		return k.keys, nil
	}
	return nil, nil
}

func serviceAccountKeys(ctx context.Context) (*fi.Keyset, error) {
	request := &pki.IssueCertRequest{Type: "ca", Subject: pkix.Name{CommonName: "service-account"}}
	certificate, key, _, err := pki.IssueCert(ctx, request, nil)
	if err != nil {
		return nil, err
	}
	return fi.NewKeyset(certificate, key)
}

func render(cluster *kops.Cluster, ig *kops.InstanceGroup, keys *fi.Keyset) (*group, error) {
	config, boot := nodeup.NewConfig(cluster, ig)
	config.KeypairIDs["service-account"] = keys.Primary.Id
	public, err := keys.ToPublicKeys()
	if err != nil {
		return nil, err
	}
	config.APIServerConfig.ServiceAccountPublicKeys = public
	context := &model.NodeupModelContext{
		Architecture: "amd64",
		Distribution: distributions.DistributionUbuntu2404,
		KeyStore:     keyset{keys: keys},
		BootConfig:   boot,
		NodeupConfig: config,
	}
	if err := context.Init(); err != nil {
		return nil, err
	}
	assetTasks := &fi.NodeupModelBuilderContext{Tasks: map[string]fi.NodeupTask{}}
	if err := (&model.FileAssetsBuilder{NodeupModelContext: context}).Build(assetTasks); err != nil {
		return nil, err
	}
	tasks := &fi.NodeupModelBuilderContext{Tasks: map[string]fi.NodeupTask{}}
	if err := (&model.KubeAPIServerBuilder{NodeupModelContext: context}).Build(tasks); err != nil {
		return nil, err
	}
	rendered := &group{Name: ig.Name, Role: string(ig.Spec.Role), FileAssets: map[string]string{}, Mounts: map[string]string{}}
	for _, task := range assetTasks.Tasks {
		if file, ok := task.(*nodetasks.File); ok && file.Type == nodetasks.FileType_File {
			rendered.FileAssets[file.Path] = fi.ValueOf(file.Mode)
		}
	}
	for _, task := range tasks.Tasks {
		switch task := task.(type) {
		case *nodetasks.File:
			rendered.Files = append(rendered.Files, task.Path)
			if task.Path == manifestPath {
				if err := rendered.readManifest(task); err != nil {
					return nil, err
				}
			}
		case *nodetasks.IssueCert:
			if task.Name == "master" {
				rendered.CertificateNames = task.AlternateNames
			}
		}
	}
	slices.Sort(rendered.Files)
	return rendered, nil
}

func (g *group) readManifest(file *nodetasks.File) error {
	manifest, err := fi.ResourceAsBytes(file.Contents)
	if err != nil {
		return err
	}
	var pod corev1.Pod
	if err := yaml.Unmarshal(manifest, &pod); err != nil {
		return err
	}
	hostPaths := map[string]string{}
	for _, volume := range pod.Spec.Volumes {
		if volume.HostPath != nil {
			hostPaths[volume.Name] = volume.HostPath.Path
		}
	}
	for _, container := range pod.Spec.Containers {
		if container.Name != "kube-apiserver" {
			continue
		}
		for _, word := range append(container.Command, container.Args...) {
			if strings.HasPrefix(word, "--") {
				g.Flags = append(g.Flags, word)
			}
		}
		for _, mount := range container.VolumeMounts {
			g.Mounts[mount.MountPath] = hostPaths[mount.Name]
		}
	}
	return nil
}
