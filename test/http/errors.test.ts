import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InvalidCursor } from '../../projections/paging.js';
import { RateLimited } from '../../src/commands/rate-limit.js';
import { CommandRefused } from '../../src/domain/decider.js';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { topLevelCodes } from '../../src/http/errors/top-level-codes.js';
import { SecretStoreUnavailable } from '../../src/secret-store/secret-store.js';
import { recordingContext } from '../schema/recording-context.js';
import { startHttpService, transports, type HttpService } from './http-service.js';

const canary = 'Hunter2-canary';
const idle = recordingContext('ADMIN').context;
const rename = 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "Sales" }) { errors { code } } }';
const find = '{ emailAccount(accountId: "Sales") { accountName } }';

describe('errors', () => {
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService();
  });
  beforeEach(() => service.behave({}));
  afterAll(() => service.stop());

  const failing = (error: unknown) => () => {
    throw error;
  };
  const failRename = (error: unknown) => service.behave({ accountCommands: { ...idle.accountCommands, rename: failing(error) } });
  const failFind = (error: unknown) => service.behave({ accounts: { ...idle.accounts, find: failing(error) } });

  describe.each(transports)('over %s', (_transport, ask) => {
    it('tell a syntax error by its place, and not what stands there', async () => {
      const { errors, text } = await ask(service, `{ viewer { role "${canary}" } }`);
      expect(errors).toEqual([
        {
          message: 'The document is not valid GraphQL at line 1, column 17: expected Name, found String.',
          locations: [{ line: 1, column: 17 }],
          extensions: { code: 'GRAPHQL_PARSE_FAILED' },
        },
      ]);
      expect(text).not.toContain(canary);
    });

    it.each([
      `{ viewer { role "${canary} } }`,
      `{ viewer(a: "\\${canary}") { role } }`,
      `{ viewer { role } } ?${canary}`,
      `{ viewer { 12${canary} } }`,
      `"""${canary}`,
    ])('say nothing of what a broken document holds: %s', async (document) => {
      const { errors, text } = await ask(service, document);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_PARSE_FAILED']);
      expect(errors[0]?.locations).toHaveLength(1);
      for (const piece of [canary, canary.slice(0, 6), canary.slice(1, 7)]) expect(text).not.toContain(piece);
    });

    it('name a field that does not exist, and none that does', async () => {
      const { errors } = await ask(service, '{ viewer { rolle } }');
      expect(errors).toEqual([
        { message: 'Cannot query field "rolle" on type "Viewer".', locations: [{ line: 1, column: 12 }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ]);
    });

    it.each([
      [`password: "${canary}"`, 'input.password is refused. A secret must come through a variable, never as a literal in the document.'],
      [`password: ${canary.replace('-', '')}`, 'input.password is refused. A secret must come through a variable, never as a literal in the document.'],
      [`password: $password, expectedVersion: "${canary}"`, 'input.expectedVersion must be a whole number between -2147483648 and 2147483647.'],
      [`password: $password, reason: { text: "${canary}" }`, 'input.reason must be a text.'],
      [`password: $password, reason: ["${canary}"]`, 'input.reason must be a text.'],
      [`password: $password, passphrase: "${canary}"`, 'input.passphrase is not a field of ChangeSenderPasswordInput.'],
    ])('find a literal that does not fit without repeating it: %s', async (field, message) => {
      const document = `mutation ($password: Secret) { changeSenderPassword(input: { accountId: "Sales", ${field} }) { errors { code } } }`;
      const { errors, text } = await ask(service, document, { password: canary });
      const [error] = errors.filter((each) => each.message !== 'Variable "$password" is never used.');
      expect(error).toMatchObject({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
      expect(error?.locations?.[0]?.line).toBe(1);
      expect(document.slice((error?.locations?.[0]?.column ?? 0) - 1)).toMatch(/^["{[PHp]/);
      expect(text).not.toContain(canary.slice(0, 7));
    });

    it('find a default of a variable that does not fit, and a missing field of a literal', async () => {
      const { errors, text } = await ask(
        service,
        `mutation ($password: Secret = "${canary}") { changeSenderPassword(input: { password: $password }) { errors { code } } }`,
      );
      expect(errors.map(({ message }) => message).sort()).toEqual([
        '$password is refused. A secret must come through a variable, never as a literal in the document.',
        'input.accountId is required.',
      ]);
      expect(text).not.toContain(canary);
    });

    it('find everything wrong with a variable, by its path and without any value', async () => {
      const identity = { emailAddress: 'a@example.com', password: canary };
      const input = {
        accountId: 'Sales',
        provider: { id: canary },
        sender: {
          smtp: { identity: { ...identity, emailAdress: canary }, connection: { port: canary, startTls: canary, useSmtps: canary } },
          microsoftGraph: null,
        },
        receiver: { imap: { identity: { password: [canary] } }, pop3: {} },
        [`${canary} with blanks`]: 1,
      };
      const { errors, text } = await ask(service, 'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }', {
        input,
      });
      expect(errors.map(({ message }) => message.replace('Variable $input: ', '')).sort()).toEqual(
        [
          'input has a field that is none of CreateEmailAccountInput.',
          'input.accountName is required: it must be a text.',
          'input.provider must be a text or a whole number.',
          'input.receiver must have exactly one of the fields of ReceiverInput, and not null.',
          'input.receiver.imap.identity.password is refused. A secret is a text.',
          'input.receiver.pop3.identity is required: it must be an object of the type ReceiverIdentityInput.',
          'input.sender must have exactly one of the fields of SenderInput, and not null.',
          'input.sender.smtp.connection.port must be a whole number between -2147483648 and 2147483647.',
          'input.sender.smtp.connection.startTls must be one of the values of StartTls.',
          'input.sender.smtp.connection.useSmtps must be true or false.',
          'input.sender.smtp.identity.emailAdress is not a field of SmtpSenderIdentityInput.',
        ].sort(),
      );
      expect(errors.every(({ extensions }) => extensions.code === 'BAD_USER_INPUT')).toBe(true);
      expect(errors.find(({ message }) => message.includes('.port'))?.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        variable: 'input',
        field: ['sender', 'smtp', 'connection', 'port'],
      });
      expect(text).not.toContain(canary);
    });

    it('find a variable that is missing', async () => {
      const { errors } = await ask(service, 'query ($accountId: ID!) { emailAccount(accountId: $accountId) { accountName } }', { accountid: canary });
      expect(errors).toMatchObject([
        { message: 'Variable $accountId: accountId is required: it must be a text or a whole number.', extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    });

    it('ask for the name of the operation where there are several', async () => {
      const { errors, text } = await ask(service, `query A { __typename } query B { __typename }`);
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(text).toContain('operationName');
    });

    it('pass refusals with a code of the list on, with their path', async () => {
      failFind(new GraphQLError('Take another.', { extensions: { code: 'FORBIDDEN', field: 'Query.emailAccount', http: { status: 418 }, stacktrace: ['x'] } }));
      expect(await ask(service, find)).toMatchObject({
        data: { emailAccount: null },
        errors: [{ message: 'Take another.', path: ['emailAccount'], extensions: { code: 'FORBIDDEN', field: 'Query.emailAccount' } }],
      });
      const { errors } = await ask(service, find);
      expect(Object.keys(errors[0]?.extensions ?? {}).sort()).toEqual(['code', 'field']);
    });

    it('tell what a rule refuses with its codes and paths', async () => {
      failFind(new CommandRefused([{ code: 'NOT_FOUND', message: 'There is no such account.', field: ['accountId'] }]));
      const { errors } = await ask(service, find);
      expect(errors).toMatchObject([
        {
          message: 'There is no such account.',
          extensions: { code: 'BAD_USER_INPUT', problems: [{ code: 'NOT_FOUND', message: 'There is no such account.', field: ['accountId'] }] },
        },
      ]);
    });

    it('tell that a cursor is none', async () => {
      failFind(new InvalidCursor());
      expect((await ask(service, find)).errors).toMatchObject([{ message: new InvalidCursor().message, extensions: { code: 'BAD_USER_INPUT' } }]);
    });

    it('tell when to come back', async () => {
      failRename(new RateLimited(7));
      expect((await ask(service, rename)).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 7 } }]);
    });

    it.each([new StoreUnavailable(`disk ${canary} is full`), new SecretStoreUnavailable(`key ${canary}`)])(
      'tell that the store does not answer, and that a retry is safe',
      async (error) => {
        failRename(error);
        const changing = await ask(service, rename);
        expect(changing.errors).toMatchObject([{ path: ['renameEmailAccount'], extensions: { code: 'STORE_UNAVAILABLE' } }]);
        expect(changing.errors[0]?.message).toContain('same idempotency key');
        failFind(error);
        const reading = await ask(service, find);
        expect(reading.errors[0]?.message).not.toContain('idempotency');
        expect(changing.text + reading.text).not.toContain(canary);
      },
    );

    it.each([
      new Error(`connect postgres://user:${canary}@db`),
      new TypeError(canary),
      new GraphQLError(canary, { extensions: { code: 'SOMETHING_ELSE', canary } }),
      new GraphQLError(canary, { extensions: { code: 'INTERNAL_SERVER_ERROR', canary } }),
      canary,
    ])('mask a fault, under a reference that the log names: %s', async (fault) => {
      failFind(fault);
      const { errors, text } = await ask(service, find);
      expect(errors).toMatchObject([{ path: ['emailAccount'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      const reference = String(errors[0]?.extensions['reference']);
      expect(reference).toMatch(/^[0-9a-f-]{36}$/);
      expect(errors[0]?.message).toContain(reference);
      expect(Object.keys(errors[0]?.extensions ?? {}).sort()).toEqual(['code', 'reference']);
      expect(text).not.toContain(canary);
      const line = service
        .logged()
        .split('\n')
        .find((each) => each.includes(reference));
      expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 50, reference, path: 'emailAccount', msg: 'fault' });
    });

    it('put the fault of a mutation into the audit trail, before the answer', async () => {
      failRename(new Error('out of memory'));
      service.failedCommands.length = 0;
      const document = 'mutation ($input: RenameEmailAccountInput!) { renamed: renameEmailAccount(input: $input) { errors { code } } }';
      const { errors } = await ask(service, document, { input: { accountId: 'Sales', accountName: canary } });
      expect(errors[0]?.message).toContain('same idempotency key');
      expect(service.failedCommands).toMatchObject([
        {
          call: { actor: { id: 'id-of-admin-token' } },
          attempt: { command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: 'Sales' },
          reference: errors[0]?.extensions['reference'],
        },
      ]);
      expect(JSON.stringify(service.failedCommands)).not.toContain(canary);
    });
  });

  it('put the faults of each field of an operation into the audit trail, one record each', async () => {
    const find = () => {
      throw new Error('no such table');
    };
    service.behave({ auditTrail: { ...recordingContext('ADMIN').context.auditTrail, find } });
    service.failedCommands.length = 0;
    const { codes } = await service.query('{ one: auditEntry(id: "1") { id } two: auditEntry(id: "2") { id } }');
    service.behave({});
    expect(codes).toEqual(['INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR']);
    expect(service.failedCommands.map(({ attempt }) => attempt.command)).toEqual(['auditEntry', 'auditEntry']);
  });

  it('put a fault of a read that not every role may do into the audit trail as well, and no other', async () => {
    const broken = () => {
      throw new Error(`no such table, asked for ${canary}`);
    };
    const idle = recordingContext('ADMIN').context;
    service.behave({
      auditTrail: { ...idle.auditTrail, page: broken },
      accounts: { ...idle.accounts, page: broken },
      tokens: { ...idle.tokens, page: broken },
    });
    service.failedCommands.length = 0;
    const answers = [
      await service.query('query ($text: String) { auditTrail(filter: { text: $text }) { nodes { id } } }', { text: canary }),
      await service.query('{ apiTokens { nodes { id } } }'),
      await service.query('{ emailAccounts { nodes { id } } }'),
    ];
    service.behave({});
    expect(answers.map(({ codes }) => codes)).toEqual(answers.map(() => ['INTERNAL_SERVER_ERROR']));
    expect(service.failedCommands).toMatchObject(
      ['auditTrail', 'apiTokens'].map((command, index) => ({
        attempt: { command, entityType: 'Service', entityId: 'postledger' },
        reference: answers[index]?.errors[0]?.extensions['reference'],
      })),
    );
    expect(JSON.stringify([answers.map(({ text }) => text), service.failedCommands])).not.toContain(canary);
  });

  it('of whatever kind have a code that the contract names', async () => {
    const answers = await Promise.all([
      service.query('{'),
      service.query('{ nothing }'),
      service.query('query ($n: Int!) { emailAccounts(first: $n) { totalCount } }'),
      service.query(find, {}, { authorization: 'Bearer nobody' }),
      service.post('[]'),
      service.post('{'),
      service.query('{ __typename }', {}, { accept: 'image/png' }),
    ]);
    for (const { codes } of answers) {
      expect(codes.length).toBeGreaterThan(0);
      for (const code of codes) expect(topLevelCodes).toContain(code);
    }
  });

  it('with a time to come back have the header Retry-After too', async () => {
    failRename(new RateLimited(7));
    expect((await service.query(rename)).headers.get('retry-after')).toBe('7');
  });

  it('never put a variable, a literal or a token into the log', () => {
    const requests = service
      .logged()
      .split('\n')
      .filter((line) => line.includes('"msg":"request"'));
    expect(requests.length).toBeGreaterThan(50);
    for (const line of requests)
      for (const secret of [canary, 'admin-token"', 'Bearer', 'emailAccount(']) expect(line.replaceAll('id-of-admin-token', '')).not.toContain(secret);
  });
});
