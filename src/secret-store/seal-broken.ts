/** Something sealed does not open. What is wrong with it is in the message, never what is in it. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}
