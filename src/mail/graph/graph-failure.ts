import { ConnectionFailure, type FailureCode } from '../failure.js';
import { permissionMissing, policyExcludes, type GraphPermission } from './permissions.js';

/** What Graph answered in place of what was asked for. */
export interface GraphRefusal {
  readonly status: number;
  /** Graph's own name of the problem, as `ErrorAccessDenied`; empty where it gave none. */
  readonly graphCode: string;
  readonly text: string;
  /** What Microsoft's support finds the request by. */
  readonly requestId: string | null;
  readonly retryAfterMilliseconds: number | null;
}

interface About {
  readonly refusal: GraphRefusal | null;
  /** It may have been done all the same. */
  readonly outcomeUnknown: boolean;
}

/** Graph refused, or did not answer. */
export class GraphFailure extends ConnectionFailure {
  /** Null where no answer came. */
  readonly refusal: GraphRefusal | null;
  readonly outcomeUnknown: boolean;

  constructor(code: FailureCode, details: ConstructorParameters<typeof ConnectionFailure>[1], { refusal, outcomeUnknown }: About) {
    super(code, details);
    this.refusal = refusal;
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** @param needs the permissions that the request needs, the least first. @param mailbox whose mailbox was asked for. */
export function failureOfRefusal(refusal: GraphRefusal, needs: readonly GraphPermission[], mailbox: string): GraphFailure {
  const { code, ...told } = diagnosed(refusal, needs, mailbox);
  const { status, graphCode, text, requestId } = refusal;
  const id = requestId === null ? '' : ` (request-id ${requestId})`;
  const serverResponse = `${[String(status), graphCode].filter((part) => part !== '').join(' ')}${id}${text === '' ? '' : `: ${text}`}`;
  return new GraphFailure(code, { ...told, serverResponse }, { refusal, outcomeUnknown: false });
}

/** The same failure of a request that may have been carried out before it was lost. It must not be repeated unseen. */
export function withOutcomeUnknown(failure: ConnectionFailure): GraphFailure {
  const message = `${failure.message} It is not known whether Microsoft Graph has carried it out.`;
  const hint = 'Look whether it has happened before you repeat it; a message that was taken is among the sent items of the mailbox.';
  return new GraphFailure(
    failure.code,
    { message, hint, serverResponse: failure.serverResponse },
    { refusal: failure instanceof GraphFailure ? failure.refusal : null, outcomeUnknown: true },
  );
}

interface Diagnosis {
  readonly code: FailureCode;
  readonly message?: string;
  readonly hint?: string;
}

function diagnosed(refusal: GraphRefusal, needs: readonly GraphPermission[], mailbox: string): Diagnosis {
  const named = byName(refusal.graphCode, mailbox);
  if (named !== null) return named;
  switch (refusal.status) {
    case 401:
      return tokenRefused(refusal);
    case 403:
      return /RAOP|AppOnly AccessPolicy/i.test(refusal.text) ? policyExcludes(mailbox) : permissionMissing(needs, mailbox);
    case 404:
      return {
        code: 'MAILBOX_NOT_FOUND',
        message: `What was asked for does not exist in the mailbox of ${mailbox}.`,
        hint: 'Check the user principal name, and the name of the folder.',
      };
    case 413:
    case 507:
      return tooMuch;
    case 429:
      return throttled(refusal);
    default:
      if (refusal.status >= 500)
        return {
          code: 'SERVER_TEMPORARILY_UNAVAILABLE',
          message: `Microsoft Graph cannot serve for now (${refusal.status}). This says nothing about the account.`,
        };
      if (refusal.status < 400) return { code: 'PROTOCOL_ERROR', message: `Microsoft Graph answered with ${refusal.status}, which was not asked for.` };
      return {
        code: 'UNKNOWN',
        message: `Microsoft Graph refuses the request in a way that this version does not know (${refusal.graphCode || refusal.status}).`,
      };
  }
}

const tooMuch: Diagnosis = {
  code: 'THROTTLED',
  message: 'The message, or the mailbox with it, would become larger than Microsoft 365 allows.',
  hint: 'Send less at once, or have the limits of the mailbox raised by an Exchange administrator.',
};

function byName(graphCode: string, mailbox: string): Diagnosis | null {
  switch (graphCode) {
    case 'MailboxNotEnabledForRESTAPI':
    case 'MailboxNotSupportedForRESTAPI':
      return {
        code: 'MAILBOX_NOT_FOUND',
        message: `${mailbox} has no mailbox that Microsoft Graph can reach.`,
        hint: 'The user needs an Exchange Online licence, or the mailbox is on a server of your own, or it is switched off. A shared mailbox is named by its own user principal name.',
      };
    case 'ErrorInvalidUser':
    case 'ErrorNonExistentMailbox':
    case 'Request_ResourceNotFound':
    case 'ResourceNotFound':
      return {
        code: 'MAILBOX_NOT_FOUND',
        message: `There is no user ${mailbox} in the directory of the authentication profile.`,
        hint: 'Check the user principal name: it is the sign-in name, which may differ from the email address. Check the tenant of the authentication profile.',
      };
    case 'ErrorFolderNotFound':
      return { code: 'MAILBOX_NOT_FOUND', message: 'There is no such folder in the mailbox.', hint: 'Check the folder. The inbox is always there.' };
    case 'ErrorSendAsDenied':
      return {
        code: 'SENDER_REFUSED',
        message: `The mailbox of ${mailbox} may not send from this address.`,
        hint: 'Send from the address of the mailbox itself, or have an Exchange administrator give it the right to send as the other.',
      };
    case 'ErrorInvalidRecipients':
      return { code: 'RECIPIENT_REFUSED' };
    case 'ErrorExceededMessageLimit':
    case 'ErrorSubmissionQuotaExceeded':
    case 'ErrorExceededRecipientLimit':
      return {
        code: 'THROTTLED',
        message: `The mailbox of ${mailbox} has sent as much as Microsoft 365 allows it for now.`,
        hint: 'Wait until the limit is over, usually a day, or spread mail over more mailboxes.',
      };
    case 'ErrorMessageSizeExceeded':
    case 'ErrorQuotaExceeded':
      return tooMuch;
    case 'ErrorAccountSuspend':
    case 'ErrorAccountSuspendShowTierUpgrade':
      return {
        code: 'PERMISSION_MISSING',
        message: `Microsoft has suspended sending from the mailbox of ${mailbox}.`,
        hint: 'Somebody has to sign in to the mailbox and follow what it says there.',
      };
    case 'ErrorMailboxMoveInProgress':
    case 'ErrorMailboxStoreUnavailable':
    case 'ErrorServerBusy':
    case 'ErrorTimeoutExpired':
      return { code: 'SERVER_TEMPORARILY_UNAVAILABLE', message: `The mailbox of ${mailbox} cannot be reached for now. This says nothing about the account.` };
    default:
      return null;
  }
}

function tokenRefused({ text }: GraphRefusal): Diagnosis {
  if (/audience/i.test(text))
    return {
      code: 'OAUTH_TOKEN_FAILED',
      message: 'Microsoft Graph does not take the access token: it was issued for another service.',
      hint: 'Set the scopes of the authentication profile to Graph, as https://graph.microsoft.com/.default. Tokens for SMTP, IMAP and POP3 (outlook.office365.com) need a profile of their own.',
    };
  return {
    code: 'OAUTH_TOKEN_FAILED',
    message: 'Microsoft Graph does not take the access token, and not a new one either.',
    hint: 'Check tenant, scopes and national cloud of the authentication profile. A policy of the directory (Conditional Access) can be the reason as well: its sign-in logs tell.',
  };
}

function throttled({ retryAfterMilliseconds: wait }: GraphRefusal): Diagnosis {
  const asked = wait === null ? '' : ` It asks to wait for ${Math.ceil(wait / 1000)} s.`;
  return {
    code: 'THROTTLED',
    message: `Microsoft Graph limits how often this mailbox may be asked, and the limit is reached.${asked}`,
    hint: 'Wait. If it happens often, look for other applications that work on the same mailbox.',
  };
}
