/** Lets what concerns one account run one after the other in this process: it would only race with itself. Between processes revisions decide. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<Result>(accountId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(accountId) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#last.set(accountId, turn);
    const ended = () => {
      if (this.#last.get(accountId) === turn) this.#last.delete(accountId);
    };
    turn.then(ended, ended);
    return turn;
  }
}
