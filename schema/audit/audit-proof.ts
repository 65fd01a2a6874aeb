import { Field, ID, ObjectType } from 'type-graphql';
import { DateTime } from '../date-time/date-time-scalar.js';

@ObjectType({ description: 'What the whole log was at one moment, signed: whoever keeps one can tell later whether anything before it was changed.' })
export class AuditCheckpoint {
  @Field(() => String, { description: 'The name of the log, which is also the name of the key.' })
  readonly origin!: string;

  @Field(() => String, { description: 'How many events it covers, in decimal.' })
  readonly treeSize!: string;

  @Field(() => String, { description: 'The root of the Merkle tree over them (RFC 9162), in base64.' })
  readonly rootHash!: string;

  @Field(() => String, {
    description: "The three of them as a signed note, in the form of C2SP's tlog-checkpoint with an Ed25519 signature. This is what to keep, and to check.",
  })
  readonly signedNote!: string;

  @Field(() => DateTime, { description: 'When it was signed, by the clock of the service. The signature does not cover it.' })
  readonly createdAt!: string;

  @Field(() => String, {
    description:
      'The key that the note is checked with: `<name>+<key id>+<base64>`. Compare it with one that you got another way: a forger would show a key of their own.',
  })
  readonly publicKey!: string;
}

@ObjectType({ description: 'A text that the log holds sealed, with what proves that it is this one.' })
export class AuditDisclosure {
  @Field(() => String, {
    description:
      'Where it stands in `data` of the event, as a JSON Pointer (RFC 6901): `metadata.$personal.commitments` of the leaf input has its commitment under this name.',
  })
  readonly path!: string;

  @Field(() => String, { description: 'The text. Personal data: give the proof on without it where it is not needed.' })
  readonly value!: string;

  @Field(() => String, { description: '16 bytes, in base64. SHA-256 of them and of the text in UTF-8, in base64url, is the commitment.' })
  readonly salt!: string;
}

@ObjectType({
  description: 'Proves that an entry of the audit trail is in the log that a checkpoint was signed of, without the log. `scripts/verify-proof.mjs` checks it.',
})
export class AuditProof {
  @Field(() => ID, { description: 'What was proved: the `id` of an entry of the audit trail.' })
  readonly entryId!: string;

  @Field(() => String, { description: 'Which leaf of the tree it is, counted from 0, in decimal.' })
  readonly leafIndex!: string;

  @Field(() => String, { description: 'SHA-256 of a zero byte and the leaf input, in base64.' })
  readonly leafHash!: string;

  @Field(() => String, {
    description:
      'The event as canonical JSON (RFC 8785). Personal data is in it as it lies in the log, sealed, and stood for by its commitments; references to secrets by their SHA-256.',
  })
  readonly leafInput!: string;

  @Field(() => [AuditDisclosure], {
    description:
      'What stands behind the commitments in the leaf input. Empty once the account was erased, and for events without personal data; the proof holds without it.',
  })
  readonly disclosures!: readonly AuditDisclosure[];

  @Field(() => [String], { description: 'The hashes that lead from the leaf to the root (RFC 9162, section 2.1.3), in base64, the lowest first.' })
  readonly inclusionPath!: readonly string[];

  @Field(() => AuditCheckpoint, { description: 'The checkpoint that covers it: signed for this proof when there was none yet.' })
  readonly checkpoint!: AuditCheckpoint;
}

@ObjectType({ description: 'Proves that the log of a checkpoint begins with the log of an earlier one, so that nothing in between was changed.' })
export class AuditConsistencyProof {
  @Field(() => String, { description: 'The `treeSize` of the earlier one.' })
  readonly fromTreeSize!: string;

  @Field(() => String, { description: 'The root of the tree of that size, in base64. Compare it with the one that you kept.' })
  readonly fromRootHash!: string;

  @Field(() => [String], { description: 'The hashes that lead to both roots (RFC 9162, section 2.1.4), in base64. Empty where both are of the same size.' })
  readonly path!: readonly string[];

  @Field(() => AuditCheckpoint, { description: 'The later one: the newest.' })
  readonly checkpoint!: AuditCheckpoint;
}
