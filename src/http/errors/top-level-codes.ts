/** All there are, as the schema promises them. */
export const topLevelCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'COST_LIMIT_EXCEEDED',
  'RATE_LIMITED',
  'TIMEOUT',
  'STORE_UNAVAILABLE',
  'AUDIT_LOG_CONTRADICTED',
  'INTERNAL_SERVER_ERROR',
] as const;

export type TopLevelCode = (typeof topLevelCodes)[number];

export function isTopLevelCode(code: unknown): code is TopLevelCode {
  return topLevelCodes.some((each) => each === code);
}
