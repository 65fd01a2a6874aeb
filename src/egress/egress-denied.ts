/**
 * A connection was not made because the rules of egress forbid it. The message says which rule and not which address: whoever asked for a host by its name may not be meant to learn what is
 * behind it.
 */
export class EgressDenied extends Error {
  override readonly name = 'EgressDenied';
  readonly code = 'EGRESS_DENIED';

  constructor(
    /** What is not connected to, as a noun for a sentence. */
    readonly rule: string,
    readonly address: string,
  ) {
    super(`The service may not connect to ${rule}.`);
  }

  /** The variable by which the service's operator may allow it; null where none does. */
  get allowedBy(): string | null {
    if (this.rule === 'loopback addresses') return 'POSTLEDGER_EGRESS_ALLOW_LOOPBACK';
    if (this.rule === 'private networks') return 'POSTLEDGER_EGRESS_ALLOW_PRIVATE';
    return this.rule.startsWith('port ') ? 'POSTLEDGER_EGRESS_PORTS' : null;
  }
}
