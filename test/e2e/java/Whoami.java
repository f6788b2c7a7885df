// Prints the username of a kubeconfig's user with the Kubernetes client for Java.

import io.kubernetes.client.openapi.apis.AuthenticationV1Api;
import io.kubernetes.client.openapi.models.V1SelfSubjectReview;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.File;
import java.io.FileReader;

class Whoami {
  public static void main(String[] arguments) throws Exception {
    File file = new File(arguments[0]);
    KubeConfig kubeconfig = KubeConfig.loadKubeConfig(new FileReader(file));
    kubeconfig.setFile(file);
    AuthenticationV1Api api = new AuthenticationV1Api(ClientBuilder.kubeconfig(kubeconfig).build());
    V1SelfSubjectReview review = api.createSelfSubjectReview(new V1SelfSubjectReview()).execute();
    System.out.println(review.getStatus().getUserInfo().getUsername());
  }
}
