/** Which accounts: those that every field given here holds for. A list holds for an account that fits one of its values; an empty list fits none. */
export interface AccountFilter {
  readonly text?: string | null;
  /** Default: active and disabled. */
  readonly status?: readonly ('ACTIVE' | 'DISABLED' | 'DELETED')[] | null;
  readonly provider?: readonly string[] | null;
  readonly accountId?: readonly string[] | null;
  readonly emailAddress?: string | null;
  readonly host?: string | null;
  readonly senderKind?: readonly ('SMTP' | 'MICROSOFT_GRAPH' | 'NONE')[] | null;
  readonly receiverKind?: readonly ('IMAP' | 'POP3' | 'MICROSOFT_GRAPH' | 'NONE')[] | null;
  readonly ready?: boolean | null;
  readonly connectionTest?: readonly ('PASSED' | 'FAILED')[] | null;
  readonly truststore?: string | null;
  readonly authenticationProfile?: string | null;
  readonly updatedAt?: TimeRange | null;
}

/** `from` included, `to` excluded. */
export interface TimeRange {
  readonly from?: Date | null;
  readonly to?: Date | null;
}

export interface AccountOrder {
  readonly field: 'ACCOUNT_ID' | 'ACCOUNT_NAME' | 'CREATED_AT' | 'UPDATED_AT';
  readonly direction: 'ASC' | 'DESC';
}
