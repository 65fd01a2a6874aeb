/** The permissions of Microsoft Graph that this service asks for. `User.Read.All` only lets a test see more. */
export type GraphPermission = 'Mail.Read' | 'Mail.ReadWrite' | 'Mail.Send' | 'User.Read.All';

/** What can be done with which permission; more than one where each of them is enough. A shared mailbox that a person consents for has names of its own. */
export const permissionsTo = {
  send: ['Mail.Send'],
  draft: ['Mail.ReadWrite'],
  read: ['Mail.Read', 'Mail.ReadWrite'],
  change: ['Mail.ReadWrite'],
  lookUpUser: ['User.Read.All'],
} as const satisfies Readonly<Record<string, readonly GraphPermission[]>>;

/** Whether one of them is among those that a token names; a consent may be for shared mailboxes alone. */
export function namesOneOf(permissions: readonly string[], needed: readonly GraphPermission[]): boolean {
  return needed.some((name) => permissions.some((permission) => permission === name || permission === `${name}.Shared`));
}

export function permissionMissing(needs: readonly GraphPermission[], mailbox: string) {
  const names = needs.join(' or ');
  return {
    code: 'PERMISSION_MISSING' as const,
    message: `The permission ${names} of Microsoft Graph is missing for the mailbox of ${mailbox}.`,
    hint:
      `For an application that acts by itself: in Microsoft Entra give its registration the application permission ${names} and have an administrator consent to it; a policy of Exchange (RBAC for Applications, ` +
      `application access policy) may exclude this mailbox. For a person's consent: add the scope ${names}, for a shared mailbox ${needs.map((name) => `${name}.Shared`).join(' or ')}, and consent again. ` +
      'A change takes up to an hour.',
  };
}

export function policyExcludes(mailbox: string) {
  return {
    code: 'PERMISSION_MISSING' as const,
    message: `An application access policy of Exchange keeps the application out of the mailbox of ${mailbox}.`,
    hint: 'Have an Exchange administrator add the mailbox to the group that the policy allows (Test-ApplicationAccessPolicy shows the verdict). A change takes up to an hour.',
  };
}
