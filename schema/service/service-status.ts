import { Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { DateTime } from '../date-time/date-time-scalar.js';
import { enumeration } from '../enumeration.js';
import type { RequestContext } from '../request-context.js';
import type { ProjectionFacts, ServiceFacts } from './service-facts.js';

export const EventStoreEngine = enumeration<ServiceFacts['eventStore']['engine']>('EventStoreEngine', 'What keeps the log of events.', {
  EMBEDDED: 'The engine inside this process, on its own disk.',
  KURRENTDB: 'A KurrentDB or EventStoreDB cluster, which any number of nodes of the service share.',
});

export const ProjectionState = enumeration<ProjectionFacts['state']>('ProjectionState', 'How far a view of the log is.', {
  CURRENT: 'It shows all that was recorded, or is about to.',
  CATCHING_UP: 'It lags behind the log and is following.',
  BUILDING: 'It is built anew, while the older version of it answers where there is one.',
  STOPPED: 'It met an event that it cannot take, and stands still until somebody mends it. `failedEventId` names the event.',
});

@ObjectType({ description: 'The log of events: the only truth.' })
export class EventStoreStatus {
  @Field(() => EventStoreEngine, { description: 'What keeps it.' })
  readonly engine!: ServiceFacts['eventStore']['engine'];

  @Field(() => Boolean, { description: 'Whether it answers.' })
  readonly available!: boolean;

  @Field(() => String, { nullable: true, description: 'The position of the newest event: opaque. Null for an empty log, and while the store does not answer.' })
  readonly headPosition!: string | null;
}

@ObjectType({ description: 'A view of the log, which queries are answered from.' })
export class ProjectionStatus {
  @Field(() => String, { description: 'Which view. The name stays the same over all versions of it.' })
  readonly name!: string;

  @Field(() => Int, { description: 'The version of its rules. Raised with every change of them, and the view is then built anew.' })
  readonly version!: number;

  @Field(() => ProjectionState, { description: 'How far it is.' })
  readonly state!: ProjectionFacts['state'];

  @Field(() => String, { nullable: true, description: 'Up to where in the log it is: opaque. Null before the first event.' })
  readonly position!: string | null;

  @Field(() => Int, { description: 'How many events it has yet to take.' })
  readonly eventsBehind!: number;

  @Field(() => Float, { description: 'How long ago the oldest event that it has yet to take was recorded, in seconds; 0 when there is none.' })
  readonly secondsBehind!: number;

  @Field(() => ID, { nullable: true, description: 'The event that it stopped at; null while it runs.' })
  readonly failedEventId!: string | null;
}

@ObjectType({ description: 'How the service is doing: this node of it.' })
export class ServiceStatus {
  @Field(() => String, { description: 'The version of the program.' })
  readonly version!: string;

  @Field(() => DateTime, { description: 'When this process started.' })
  readonly startedAt!: Date;

  @Field(() => Boolean, { description: 'Whether it can serve: the same answer as `/readyz`.' })
  readonly ready!: boolean;

  @Field(() => EventStoreStatus, { description: 'The log of events.' })
  readonly eventStore!: EventStoreStatus;

  @Field(() => [ProjectionStatus], { description: 'The views, each with how far it is.' })
  readonly projections!: readonly ProjectionStatus[];

  @Field(() => [String], { description: 'What an operator should mend, a sentence each. Empty when all is well.' })
  readonly warnings!: readonly string[];
}

@Resolver()
export class ServiceStatusQuery {
  @Query(() => ServiceStatus, { description: 'How the service is doing.' })
  async serviceStatus(@Ctx() { serviceFacts }: RequestContext): Promise<ServiceStatus> {
    const { eventStore, projections, ...rest } = await serviceFacts();
    return {
      ...rest,
      eventStore: { ...eventStore, headPosition: inText(eventStore.headPosition) },
      projections: projections.map((projection) => ({ ...projection, position: inText(projection.position) })),
    };
  }
}

function inText(position: bigint | null): string | null {
  return position === null ? null : position.toString();
}
