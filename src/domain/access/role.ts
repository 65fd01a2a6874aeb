/** What a caller may do; the policy table says what each means. */
export const roles = ['VIEWER', 'AUDITOR', 'OPERATOR', 'EDITOR', 'ADMIN'] as const;
export type Role = (typeof roles)[number];
