import { Field, Int, ObjectType } from 'type-graphql';
import { PageInfo } from './page-info.js';

/** A page as a view answers it. */
export interface Page<Row> {
  readonly entries: readonly { readonly row: Row; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * The Relay connection and edge of one type of node, `<noun>Connection` and `<noun>Edge`.
 * @param counted false where the total may be null, because counting would cost a scan.
 */
export function connectionOf<NodeType extends object>(noun: string, nodes: string, node: () => abstract new (...given: never[]) => NodeType, counted: boolean) {
  @ObjectType(`${noun}Edge`, { description: `One of ${nodes}, and where it stands in the list.` })
  class Edge {
    @Field(node, { description: 'What stands there.' })
    readonly node: NodeType;

    @Field(() => String, { description: 'Where: opaque, for `after` and `before` of the same list in the same order.' })
    readonly cursor: string;

    constructor(node: NodeType, cursor: string) {
      this.node = node;
      this.cursor = cursor;
    }
  }

  @ObjectType(`${noun}Connection`, { description: `A page of ${nodes}.` })
  class Connection {
    readonly #page: Page<NodeType>;
    readonly #count: () => number | null;

    constructor(page: Page<NodeType>, count: () => number | null) {
      this.#page = page;
      this.#count = count;
    }

    @Field(() => [Edge], { description: 'The entries of the page with their cursors, in order.' })
    get edges(): readonly Edge[] {
      return this.#page.entries.map(({ row, cursor }) => new Edge(row, cursor));
    }

    @Field(() => [node()], { description: 'The entries of the page without their cursors, in the same order.' })
    get nodes(): readonly NodeType[] {
      return this.#page.entries.map(({ row }) => row);
    }

    @Field(() => PageInfo, { description: 'Where the page stands in the whole list.' })
    get pageInfo(): PageInfo {
      const { entries, hasNextPage, hasPreviousPage } = this.#page;
      return { hasNextPage, hasPreviousPage, startCursor: entries[0]?.cursor ?? null, endCursor: entries.at(-1)?.cursor ?? null };
    }

    @Field(() => Int, {
      nullable: !counted,
      description: `How many there are on all pages together, counted when asked for.${counted ? '' : ' Null where a count would cost a scan.'}`,
    })
    get totalCount(): number | null {
      return this.#count();
    }
  }
  return Connection;
}

/** The page with each row as what the schema shows of it. */
export function pageOf<Row, Shown>({ entries, hasNextPage, hasPreviousPage }: Page<Row>, show: (row: Row) => Shown): Page<Shown> {
  return { entries: entries.map(({ row, cursor }) => ({ row: show(row), cursor })), hasNextPage, hasPreviousPage };
}
