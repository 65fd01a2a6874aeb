import { Field, InputType } from 'type-graphql';
import { DateTime } from './date-time-scalar.js';

@InputType({ description: 'A span of time.' })
export class DateTimeRange {
  @Field(() => DateTime, { nullable: true, description: 'From here on, this moment included. Default: from the beginning.' })
  readonly from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Up to here, this moment excluded. Default: without end.' })
  readonly to?: Date | null;
}
