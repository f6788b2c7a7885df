variable "cluster_id" {
  description = "The id that tokens are signed for."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", var.cluster_id))
    error_message = "cluster_id must be up to 100 letters, digits, \"_\", \".\" and \"-\", the first a letter or digit."
  }
}

variable "zip_file" {
  description = "Path of issuer-<version>-<hash>.zip of the release. Null: zip_url."
  type        = string
  default     = null
}

variable "zip_url" {
  description = "URL of the zip, instead of zip_file, with zip_sha256."
  type        = string
  default     = null
}

variable "zip_sha256" {
  description = "SHA-256 of the zip behind zip_url, 64 hex digits, as in the release's SHA256SUMS."
  type        = string
  default     = null
}

variable "mapping_prefix" {
  description = "Prefix of the mappings' names in Parameter Store. Null: /iam-authenticator/<cluster_id>."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+){1,12}$", coalesce(var.mapping_prefix, "/a"))) && !can(regex("(?i)^/(aws|ssm)", coalesce(var.mapping_prefix, "/a")))
    error_message = "mapping_prefix must be 1 to 12 levels such as /a/b, of letters, digits, \"_\", \".\" and \"-\", and not begin with aws or ssm."
  }
}

variable "audiences" {
  description = "Audiences of IAM's OIDC provider."
  type        = list(string)
  default     = ["sts.amazonaws.com"]
}

variable "memory_size" {
  description = "Memory of the function in MB. More memory also gives more CPU."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size must be an integer from 128 to 10240 (MB)."
  }
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "throttle_rate" {
  description = "Requests per second that the endpoint accepts. Null: 100."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.throttle_rate, 1) >= 1
    error_message = "throttle_rate must be 1 or more."
  }
}

variable "throttle_burst" {
  description = "Requests at once, above throttle_rate. Null: 200."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.throttle_burst, 1) >= 1
    error_message = "throttle_burst must be 1 or more."
  }
}

variable "log_level" {
  description = "debug, info, warn or error. Metrics are always written."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be debug, info, warn or error."
  }
}

variable "log_retention_days" {
  description = "Number of days to keep logs."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs accepts, such as 90, 180 or 365."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that alarms notify. Null: alarms are only visible in CloudWatch."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", coalesce(var.alarm_topic_arn, "arn:aws:sns:eu-west-1:111122223333:a")))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic, in the region of the provider."
  }
}

variable "tags" {
  description = "Tags of all resources that support them."
  type        = map(string)
  default     = {}
}
