variable "cluster_id" {
  description = "The id that tokens are signed for."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", var.cluster_id))
    error_message = "cluster_id must be up to 100 letters, digits, \"_\", \".\" and \"-\", the first a letter or digit."
  }
}

variable "zip_file" {
  description = "Path of authenticator-<version>-<hash>.zip of the release."
  type        = string
}

variable "mapping_prefix" {
  description = "Where the mappings are in Parameter Store. Null: /iam-authenticator/<cluster_id>."
  type        = string
  default     = null
}

variable "accounts" {
  description = "Identities of other accounts are refused. Empty: identities of any account."
  type        = list(string)
  default     = []
}

variable "callers" {
  description = "Who may call the endpoint: SHA-256 (hex) of each kube-apiserver's token, by a name. Empty: iam-authenticator callers add writes the list."
  type        = map(string)
  default     = {}
}

variable "mappings" {
  description = "Each has an arn (role, user, root or federated user), or an account with or without a permission_set."
  type = list(object({
    arn            = optional(string)
    account        = optional(string)
    permission_set = optional(string)
    username       = optional(string)
    groups         = optional(list(string))
    principal_id   = optional(string)
    not_after      = optional(string)
    description    = optional(string)
  }))
  default = []
}

variable "memory_size" {
  description = "Memory of the function in MB. More memory also means more processor."
  type        = number
  default     = 512
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "reserved_concurrency" {
  description = "Most environments of the function at once. Null: as many as the account has left."
  type        = number
  default     = null
}

variable "throttle_rate" {
  description = "Requests a second that the endpoint lets through."
  type        = number
  default     = 150
}

variable "throttle_burst" {
  description = "Requests at once, above throttle_rate."
  type        = number
  default     = 50
}

variable "log_level" {
  description = "debug, info, warn or error. Metrics are always written."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that alarms notify. Null: alarms are only shown."
  type        = string
  default     = null
}
