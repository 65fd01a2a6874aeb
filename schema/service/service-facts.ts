/** What the service knows of itself. */
export interface ServiceFacts {
  readonly version: string;
  readonly startedAt: Date;
  readonly ready: boolean;
  readonly eventStore: { readonly engine: 'EMBEDDED' | 'KURRENTDB'; readonly available: boolean; readonly headPosition: bigint | null };
  readonly projections: readonly ProjectionFacts[];
  /** What an operator should mend, a sentence each. */
  readonly warnings: readonly string[];
}

export interface ProjectionFacts {
  readonly name: string;
  readonly version: number;
  readonly state: 'CURRENT' | 'CATCHING_UP' | 'BUILDING' | 'STOPPED';
  readonly position: bigint | null;
  readonly eventsBehind: number;
  readonly secondsBehind: number;
  readonly failedEventId: string | null;
}
