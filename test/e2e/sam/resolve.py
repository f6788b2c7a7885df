# Prints the functions and routes that SAM CLI's providers read from a synthesized template, as JSON.

import json
import os
import sys

from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

template = sys.argv[1]
stacks, _ = SamLocalStackProvider.get_stacks(template)
functions = SamFunctionProvider(stacks).get_all()
routes = ApiProvider(stacks, cwd=os.path.dirname(template)).api.routes
json.dump(
    {
        "functions": [
            {
                "id": function.function_id,
                "runtime": function.runtime,
                "handler": function.handler,
                "timeout": function.timeout,
                "code": os.path.realpath(function.codeuri),
                "variables": sorted((function.environment or {}).get("Variables", {})),
            }
            for function in functions
        ],
        "routes": [
            {"function": route.function_name, "path": route.path, "methods": route.methods} for route in routes
        ],
    },
    sys.stdout,
)
