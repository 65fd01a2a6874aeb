import { describe, expect, it } from 'vitest';
import { isAllowed, permissionsOf, policy } from '../../src/domain/access/policy.js';
import { roles } from '../../src/domain/access/role.js';

describe('the policy', () => {
  it('denies what has no line', () => {
    for (const field of ['Mutation.dropEverything', 'Query', '', 'constructor', '__proto__', 'toString'])
      for (const role of roles) expect(isAllowed(role, field)).toBe(false);
  });

  it('lets an administrator do everything, and nobody what an administrator may not', () => {
    for (const field of Object.keys(policy)) expect(isAllowed('ADMIN', field)).toBe(true);
  });

  it('gives editors all that operators have, operators all that viewers have, and auditors nothing that changes anything', () => {
    const only = (one: (typeof roles)[number], other: (typeof roles)[number]) => permissionsOf(one).filter((name) => !permissionsOf(other).includes(name));
    expect(only('VIEWER', 'OPERATOR')).toEqual([]);
    expect(only('OPERATOR', 'EDITOR')).toEqual([]);
    expect(only('EDITOR', 'ADMIN')).toEqual([]);
    expect(Object.keys(policy).filter((field) => field.startsWith('Mutation.') && isAllowed('AUDITOR', field))).toEqual([]);
  });

  it('tells a caller the names of what they may ask for, and no fields within', () => {
    expect(permissionsOf('VIEWER')).toEqual([
      'node',
      'emailAccount',
      'emailAccounts',
      'emailProviders',
      'expiring',
      'authenticationProfile',
      'authenticationProfiles',
      'truststore',
      'truststores',
      'viewer',
      'serviceStatus',
      'emailAccountChanged',
    ]);
    expect(permissionsOf('ADMIN')).toContain('eraseEmailAccount');
    expect(permissionsOf('ADMIN')).not.toContain('history');
    expect(permissionsOf('EDITOR')).not.toContain('eraseEmailAccount');
  });
});
