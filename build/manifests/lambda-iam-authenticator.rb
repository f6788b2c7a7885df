class LambdaIamAuthenticator < Formula
  desc "Log in to self-managed Kubernetes clusters with AWS IAM"
  homepage "https://github.com/@project@"
  url "https://registry.npmjs.org/lambda-iam-authenticator/-/lambda-iam-authenticator-@version@.tgz"
  sha256 "@sha256@"
  license "Apache-2.0"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/iam-authenticator --version")
  end
end
