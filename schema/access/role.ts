import { enumeration } from '../enumeration.js';
import type { Role as RoleName } from '../../src/domain/access/role.js';

export const Role = enumeration<RoleName>('Role', 'What a caller may do. `viewer.permissions` lists the names.', {
  VIEWER: 'Sees accounts and providers.',
  AUDITOR: 'Sees all that, every history and the whole audit trail.',
  OPERATOR: 'Sees accounts and their histories, tests connections, sends test messages, disables and enables accounts.',
  EDITOR: 'Does all that, and creates and changes accounts.',
  ADMIN: 'May do everything: erase accounts and issue and revoke API tokens as well.',
});
