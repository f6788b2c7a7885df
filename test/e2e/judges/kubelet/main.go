// Command kubelet gets the credentials for an image as kubelet does, with its packages: it reads a CredentialProviderConfig,
// requests the service account's token from kube-apiserver, and runs the credential provider.
//
//	kubelet <config> <folder of the providers> <kubeconfig of the node> <image> <namespace> <pod> <uid> <service account>
//
// Prints the usernames and passwords of all providers as JSON. Kubelet's log is on standard error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	authenticationv1 "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	config, folder, kubeconfig, image, namespace, pod, uid, account := args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]
	rest, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	token := func(namespace, name string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
		return client.CoreV1().ServiceAccounts(namespace).CreateToken(context.TODO(), name, request, metav1.CreateOptions{})
	}
	// kubelet's node may read the service accounts of its Pods.
	get := func(namespace, name string) (*v1.ServiceAccount, error) {
		return client.CoreV1().ServiceAccounts(namespace).Get(context.TODO(), name, metav1.GetOptions{})
	}
	if err := plugin.RegisterCredentialProviderPlugins(config, folder, token, get); err != nil {
		return err
	}
	found := []map[string]string{}
	credentials, _ := plugin.NewExternalCredentialProviderDockerKeyring(namespace, pod, uid, account).Lookup(image)
	for _, one := range credentials {
		found = append(found, map[string]string{"username": one.Username, "password": one.Password})
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}
