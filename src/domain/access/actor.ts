/** Who did it, as the audit trail names them. */
export interface Actor {
  readonly kind: ActorKind;
  /** Stable: the token's id, the user's subject, `system`, `anonymous`. */
  readonly id: string;
  readonly displayName: string;
}

export type ActorKind = 'USER' | 'API_TOKEN' | 'BOOTSTRAP' | 'SYSTEM' | 'COMMAND_LINE' | 'ANONYMOUS';

export const systemActor: Actor = { kind: 'SYSTEM', id: 'system', displayName: 'Postledger' };
export const anonymousActor: Actor = { kind: 'ANONYMOUS', id: 'anonymous', displayName: 'Anonymous' };
