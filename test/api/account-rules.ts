/**
 * The rules of an account, written down a second time and as plainly as can be: two hosts, one SMTP sender, one IMAP receiver. What the service answers has to agree.
 */
export interface Secret {
  readonly version: number;
  /** Hosts, as `smtp <host>` and `imap <host>`. */
  readonly boundTo: readonly string[];
  /** Nothing brings it back. */
  isDestroyed: boolean;
}
type Password = Secret | 'lost' | null;

export interface Section {
  readonly host: string;
  readonly password: Password;
  /** Of a receiver: whether it uses the sender's credentials. */
  readonly isLinked: boolean;
}

export interface Account {
  readonly status: 'ACTIVE' | 'DISABLED' | 'DELETED';
  readonly statusBefore: 'ACTIVE' | 'DISABLED';
  readonly name: string;
  readonly sender: Section | null;
  readonly receiver: Section | null;
}

/** What is entered for a password: left out, cleared, or a new one. */
export type Entered = 'keep' | 'clear' | 'new';
export type SectionForm = { readonly host: string; readonly password: Entered; readonly isLinked: boolean };

export type Asked =
  | { readonly kind: 'create'; readonly name: string; readonly sender: SectionForm | null; readonly receiver: SectionForm | null }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'configureSender' | 'configureReceiver'; readonly form: SectionForm }
  | { readonly kind: 'changeSenderPassword' | 'changeReceiverPassword'; readonly password: Exclude<Entered, 'keep'> }
  | { readonly kind: 'removeSender' | 'removeReceiver' | 'disable' | 'enable' }
  | { readonly kind: 'delete' | 'restore' }
  | { readonly kind: 'erase'; readonly isConfirmed: boolean }
  | { readonly kind: 'revert'; readonly toVersion: number };

export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** One account id and what became of it. */
export class AccountRules {
  /** The account after each of its events. */
  history: Account[] = [];
  isErased = false;
  #passwordsGiven = { sender: 0, receiver: 0 };

  get now(): Account | null {
    return this.isErased ? null : (this.history.at(-1) ?? null);
  }

  /** @throws {Refused} with the code of the first problem. */
  do(asked: Asked, expectedVersion: number | null): void {
    const given = { ...this.#passwordsGiven };
    try {
      if (this.now !== null && asked.kind !== 'create' && expectedVersion !== null && expectedVersion !== this.history.length)
        throw new Refused('VERSION_CONFLICT');
      const before = this.now;
      const states = this.#decided(asked);
      this.history.push(...states);
      if (before) this.#destroyWithSections(before);
    } catch (error) {
      this.#passwordsGiven = given;
      throw error;
    }
  }

  #decided(asked: Asked): readonly Account[] {
    if (asked.kind === 'create') return this.#created(asked);
    const account = this.now ?? refuse('NOT_FOUND');
    switch (asked.kind) {
      case 'erase':
        if (!asked.isConfirmed) refuse('CONTRADICTION');
        this.isErased = true;
        return [];
      case 'delete':
        return account.status === 'DELETED' ? [] : [{ ...account, status: 'DELETED' }];
      case 'restore':
        return account.status === 'DELETED' ? [{ ...account, status: account.statusBefore }] : [];
      case 'rename':
      case 'configureSender':
      case 'configureReceiver':
      case 'changeSenderPassword':
      case 'changeReceiverPassword':
      case 'removeSender':
      case 'removeReceiver':
      case 'disable':
      case 'enable':
      case 'revert':
        if (account.status === 'DELETED') refuse('ACCOUNT_DELETED');
        return this.#changed(asked, account);
    }
  }

  #changed(asked: Exclude<Asked, { readonly kind: 'create' | 'erase' | 'delete' | 'restore' }>, account: Account): readonly Account[] {
    const { sender, receiver } = account;
    switch (asked.kind) {
      case 'rename':
        return asked.name === account.name ? [] : [{ ...account, name: asked.name }];
      case 'disable':
        return account.status === 'DISABLED' ? [] : [{ ...account, status: 'DISABLED', statusBefore: 'DISABLED' }];
      case 'enable':
        return account.status === 'ACTIVE' ? [] : [{ ...account, status: 'ACTIVE', statusBefore: 'ACTIVE' }];
      case 'removeSender':
        if (sender && receiver?.isLinked) refuse('IN_USE');
        return sender ? [{ ...account, sender: null }] : [];
      case 'removeReceiver':
        return receiver ? [{ ...account, receiver: null }] : [];
      case 'configureSender': {
        const configured = this.#sender(asked.form, sender, receiver);
        return isSame(configured, sender) ? [] : [{ ...account, sender: configured }];
      }
      case 'configureReceiver': {
        const configured = this.#receiver(asked.form, receiver, sender);
        return isSame(configured, receiver) ? [] : [{ ...account, receiver: configured }];
      }
      case 'changeSenderPassword': {
        const password = this.#password(asked.password, (sender ?? refuse('NOT_FOUND')).password, 'sender', endpointsOf(sender, receiver));
        return password === sender?.password ? [] : [{ ...account, sender: { ...(sender ?? refuse('NOT_FOUND')), password } }];
      }
      case 'changeReceiverPassword': {
        if (receiver?.isLinked && asked.password === 'new') refuse('CONTRADICTION');
        const password = this.#password(asked.password, (receiver ?? refuse('NOT_FOUND')).password, 'receiver', [`imap ${receiver?.host}`]);
        return password === receiver?.password ? [] : [{ ...account, receiver: { ...(receiver ?? refuse('NOT_FOUND')), password } }];
      }
      case 'revert':
        return this.#reverted(asked.toVersion, account);
    }
  }

  #created({ name, ...form }: Extract<Asked, { kind: 'create' }>): readonly Account[] {
    if (this.history.length > 0) refuse('ALREADY_EXISTS');
    const linked = form.receiver?.isLinked ? { ...form.receiver, password: null } : null;
    const sender = form.sender && this.#sender(form.sender, null, linked);
    const receiver = form.receiver && this.#receiver(form.receiver, null, sender);
    const empty: Account = { status: 'ACTIVE', statusBefore: 'ACTIVE', name, sender: null, receiver: null };
    return [empty, ...(sender ? [{ ...empty, sender }] : []), ...(receiver ? [{ ...empty, sender, receiver }] : [])];
  }

  #sender({ host, password }: SectionForm, before: Section | null, receiver: Section | null): Section {
    return { host, isLinked: false, password: this.#password(password, before?.password ?? null, 'sender', endpointsOf({ host }, receiver)) };
  }

  #receiver({ host, password, isLinked }: SectionForm, before: Section | null, sender: Section | null): Section {
    if (!isLinked) return { host, isLinked, password: this.#password(password, before?.password ?? null, 'receiver', [`imap ${host}`]) };
    refuseForeignLink(sender, host);
    return { host, isLinked, password: null };
  }

  #password(entered: Entered, before: Password, slot: 'sender' | 'receiver', endpoints: readonly string[]): Password {
    if (entered === 'clear') return null;
    if (entered === 'new') return { version: ++this.#passwordsGiven[slot], boundTo: endpoints, isDestroyed: false };
    if (isSecret(before) && !before.boundTo.includes(endpoints[0] ?? '')) refuse('SECRET_REBIND_REQUIRED');
    return before;
  }

  #reverted(toVersion: number, account: Account): readonly Account[] {
    const then = this.history[toVersion - 1] ?? refuse('OUT_OF_RANGE');
    const sender = then.sender && { ...then.sender, password: broughtBack(then.sender.password, account.sender, `smtp ${then.sender.host}`) };
    const receiver = then.receiver && { ...then.receiver, password: broughtBack(then.receiver.password, account.receiver, `imap ${then.receiver.host}`) };
    if (receiver?.isLinked) refuseForeignLink(sender, receiver.host);
    const named = { ...account, name: then.name };
    const sent = { ...named, sender };
    return [
      ...(then.name === account.name ? [] : [named]),
      ...(isSame(sender, account.sender) ? [] : [sent]),
      ...(isSame(receiver, account.receiver) ? [] : [{ ...sent, receiver }]),
    ];
  }

  #destroyWithSections(before: Account): void {
    for (const section of ['sender', 'receiver'] as const) {
      const password = before[section]?.password ?? null;
      if (isSecret(password) && !this.now?.[section]) password.isDestroyed = true;
    }
  }
}

function refuseForeignLink(sender: Section | null, host: string): void {
  const password = sender?.password ?? null;
  if (!sender || password === null) return refuse('CONTRADICTION');
  if (isSecret(password) && !password.boundTo.includes(`imap ${host}`) && sender.host !== host) refuse('SECRET_REBIND_REQUIRED');
}

function broughtBack(then: Password, today: Section | null, endpoint: string): Password {
  const password = today?.password ?? null;
  if (then === null) return null;
  if (isSecret(password) && password.boundTo.includes(endpoint)) return password;
  return isSecret(then) && !then.isDestroyed ? then : 'lost';
}

function endpointsOf(sender: Pick<Section, 'host'> | null, receiver: Section | null): readonly string[] {
  return [`smtp ${sender?.host}`, ...(receiver?.isLinked ? [`imap ${receiver.host}`] : [])];
}

function isSame(one: Section | null, other: Section | null): boolean {
  return one === other || (one !== null && other !== null && one.host === other.host && one.isLinked === other.isLinked && one.password === other.password);
}

export function isSecret(password: Password): password is Secret {
  return password !== null && password !== 'lost';
}

function refuse(code: string): never {
  throw new Refused(code);
}
