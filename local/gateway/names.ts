// Fixed values for the names and ids that AWS would assign.

export const ACCOUNT_ID = "123456789012";
export const REGION = "us-east-1";
export const API_ID = "localgw123";
export const DOMAIN_PREFIX = API_ID;
export const DOMAIN_NAME = `${API_ID}.execute-api.${REGION}.amazonaws.com`;
export const FUNCTION_NAME = "authenticator";
