// Prints a token by aws-eks-token. Arguments: cluster and region.

import EksToken from "aws-eks-token";

const [, , cluster, region] = process.argv;
EksToken.config = { region };
console.log(await EksToken.renew(cluster));
