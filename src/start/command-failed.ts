/** A command of the command line could not do what it was asked for. The message says what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
