variable "file" {
  description = "Path of the zip. Null: url."
  type        = string
  default     = null
}

variable "url" {
  description = "URL of the zip, instead of file. It is downloaded with curl."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^https?://", coalesce(var.url, "https://")))
    error_message = "The zip's URL must begin with https://."
  }
}

variable "sha256" {
  description = "SHA-256 of the zip behind url, 64 hex digits, as in the release's SHA256SUMS."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", coalesce(var.sha256, sha256(""))))
    error_message = "The zip's SHA-256 must be 64 lower-case hex digits, as in SHA256SUMS."
  }
}
