"""Prints an ExecCredential by eks-token, as an exec plugin does. Arguments: cluster and region."""

import json
import sys

from eks_token import get_token

print(json.dumps(get_token(cluster_name=sys.argv[1], region_name=sys.argv[2])))
