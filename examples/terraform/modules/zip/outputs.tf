output "file" {
  description = "Path of the zip."
  value       = local.file
  depends_on  = [terraform_data.download]

  precondition {
    condition     = (var.file == null) != (var.url == null) && (var.url == null) == (var.sha256 == null)
    error_message = "Give either the zip's file, or its URL with its SHA-256."
  }
}

output "source_code_hash" {
  description = "Lambda's hash of the zip."
  value       = var.url == null ? filebase64sha256(coalesce(var.file, "no zip_file")) : local.base64
}
