terraform {
  required_version = ">= 1.5"

  required_providers {
    # 6.21 is the first that knows nodejs24.x.
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.21"
    }
  }
}
