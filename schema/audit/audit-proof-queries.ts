import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../request-context.js';
import { AuditCheckpoint, AuditConsistencyProof, AuditProof } from './audit-proof.js';

@Resolver()
export class AuditProofQueries {
  @Query(() => AuditCheckpoint, {
    nullable: true,
    description: 'The newest checkpoint of the log. Null before the first: one is signed every 1,000 events, and at most 60 seconds after an event.',
  })
  auditCheckpoint(@Ctx() { auditProofs, auditSearches, call }: RequestContext): AuditCheckpoint | null {
    auditSearches.note(call, 'auditCheckpoint', {});
    return auditProofs.newest();
  }

  @Query(() => AuditProof, { nullable: true, description: 'Proof that an entry of the audit trail is in the log. Null when there is no entry of this id.' })
  async auditProof(
    @Arg('entryId', () => ID, { description: 'Which one: its `id` in the audit trail.' }) entryId: string,
    @Ctx() { auditProofs, auditSearches, call }: RequestContext,
  ): Promise<AuditProof | null> {
    auditSearches.note(call, 'auditProof', { entryId });
    return auditProofs.ofEntry(entryId);
  }

  @Query(() => AuditConsistencyProof, {
    nullable: true,
    description: 'Proof that the log still begins with what it was at an earlier checkpoint. Null when the log never had this size.',
  })
  async auditConsistencyProof(
    @Arg('fromTreeSize', () => String, { description: 'The `treeSize` of the earlier checkpoint, in decimal.' }) fromTreeSize: string,
    @Ctx() { auditProofs, auditSearches, call }: RequestContext,
  ): Promise<AuditConsistencyProof | null> {
    auditSearches.note(call, 'auditConsistencyProof', { fromTreeSize });
    return auditProofs.consistencySince(fromTreeSize);
  }
}
