/** A connection that the rules of egress forbid was not made. Says which rule and not which address: that is told to who asked for the host by name, and may be a network they do not see. */
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
}
