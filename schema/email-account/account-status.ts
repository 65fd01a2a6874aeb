import { enumeration } from '../enumeration.js';

export type AccountStatus = 'ACTIVE' | 'DISABLED' | 'DELETED';

export const EmailAccountStatus = enumeration<AccountStatus>('EmailAccountStatus', 'Whether an account is in use.', {
  ACTIVE: 'In use.',
  DISABLED: 'Out of use for now: applications neither send nor receive through it.',
  DELETED: 'Gone from the lists, and kept to be restored.',
});
