# A function's code: a file, or an archive by its URL, which is downloaded when it is needed. Needs no provider.

locals {
  file = var.url == null ? var.file : "${path.root}/.terraform/${basename(var.url)}"

  # Lambda's hash is base64 of the bytes, and a release lists hex: 256 bits in groups of six.
  bits   = "${join("", [for digit in split("", coalesce(var.sha256, "0")) : format("%04b", parseint(digit, 16))])}00"
  base64 = "${join("", [for index in range(floor(length(local.bits) / 6)) : substr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", parseint(substr(local.bits, index * 6, 6), 2), 1)])}="
}

resource "terraform_data" "download" {
  count            = var.url == null ? 0 : 1
  triggers_replace = [var.url, var.sha256]

  provisioner "local-exec" {
    environment = { URL = var.url, FILE = local.file, SHA256 = var.sha256 }
    # macOS has shasum.
    command = <<-EOT
      mkdir -p "$(dirname "$FILE")" && curl --fail --silent --show-error --location --output "$FILE" "$URL" &&
        echo "$SHA256  $FILE" > "$FILE.sha256" && { sha256sum --check "$FILE.sha256" || shasum -a 256 --check "$FILE.sha256"; }
    EOT
  }
}
