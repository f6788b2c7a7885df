# The provider kubernetes of Terraform and OpenTofu: docs/other-tools.md.
provider "kubernetes" {
  host                   = "https://kube-apiserver.example.com:6443"
  cluster_ca_certificate = file("ca.crt")
  exec {
    api_version = "client.authentication.k8s.io/v1beta1"
    command     = "aws"
    args        = ["eks", "get-token", "--cluster-name", "my-cluster", "--region", "eu-west-1", "--output", "json"]
  }
}
