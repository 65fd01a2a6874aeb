// Checks what Postledger proves of its log, with nothing but Node and the log's public key. It shares no code with the service.
//   node verify-proof.mjs <public key> <proof.json> [older checkpoint]     Is this entry in the log that was signed, and does that begin with the older one?
//   node verify-proof.mjs <public key> --log <leaves.jsonl> <checkpoint>   Is this whole log (postledger audit leaves) the one that was signed?
// The public key is text, <name>+<key id>+<base64>, or a file with a key a line; a checkpoint is a file with a signed note, or with a line of JSON that has one.
// Get the key from somebody you trust, not from whoever hands you the proof. Exit code 0: proved. 1: not proved. 2: called wrongly.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, openSync, readFileSync, readSync } from 'node:fs';
const demand = (isSo, otherwise) => {
  if (!isSo) throw new Error(otherwise);
  return isSo;
};
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafOf = (bytes) => sha256(Buffer.from([0]), bytes); // RFC 9162, section 2.1.1
const nodeOf = (left, right) => sha256(Buffer.from([1]), left, right);
const base64 = (text) => demand(Buffer.from(text, 'base64').toString('base64') === text && Buffer.from(text, 'base64'), `No base64: ${text}`);
const hashIn = (text) => demand(base64(text).length === 32 && base64(text), `No SHA-256 in base64: ${text}`);
const wholeIn = (text) => Number(demand(/^(0|[1-9]\d{0,14})$/.test(text) && text, `No whole number: ${text}`));
/** Ed25519 is type 1. A key's id is the first four bytes of SHA-256 of its name, a line end, its type and its 32 bytes (C2SP signed-note). */
function keyIn(line) {
  const [, name, id, encoded] = demand(/^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line), 'That is no public key');
  const bytes = base64(encoded);
  demand(bytes.length === 33 && bytes[0] === 1 && sha256(`${name}\n`, bytes).toString('hex', 0, 4) === id, `The public key ${name} is damaged`);
  return { name, id, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url', 1) }, format: 'jwk' }) };
}
/** What a checkpoint says, once one of the keys is found to have signed it: the log's name, how many leaves it has, and the root of its tree. */
function opened(note, keys) {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const signatures = [...note.slice(text.length).matchAll(/^— (\S+) (\S+)$/gmu)].map(([, name, value]) => [name, base64(value)]);
  const isBy = (by, [name, bytes]) => name === by.name && bytes.toString('hex', 0, 4) === by.id && verify(null, Buffer.from(text), by.key, bytes.subarray(4));
  const hasSigned = (by) => signatures.some((signature) => isBy(by, signature));
  const signer = demand(keys.find(hasSigned), 'The checkpoint is not signed by the key');
  const [origin, size, root] = text.split('\n');
  demand(origin === signer.name, `The checkpoint is of another log, ${origin}`);
  return { origin, size: wholeIn(size), root: hashIn(root) };
}
/** From a node up to the root, or from two to the roots of an older and a newer tree (RFC 9162, sections 2.1.3.2 and 2.1.4.2). */
function climbed(path, at, last, roots) {
  for (const sibling of path) {
    demand(last > 0, 'A path is too long');
    const isRight = at % 2 === 1 || at === last;
    roots = isRight ? roots.map((root) => nodeOf(sibling, root)) : [...roots.slice(0, -1), nodeOf(roots.at(-1), sibling)];
    if (isRight) for (; at % 2 === 0 && at > 0; at /= 2) last = Math.floor(last / 2);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return demand(last === 0 && roots, 'A path is too short');
}
function proveEntry(keys, { entryId, leafIndex, leafHash, leafInput, inclusionPath, disclosures = [], checkpoint, consistency }, olderNote) {
  const { origin, size, root } = opened(checkpoint.signedNote, keys);
  demand(checkpoint.origin === origin && checkpoint.treeSize === `${size}` && hashIn(checkpoint.rootHash).equals(root), 'Something else was signed');
  const [leaf, index, event] = [hashIn(leafHash), wholeIn(leafIndex), JSON.parse(leafInput)];
  demand(leafOf(leafInput).equals(leaf) && event.id === entryId, 'The leaf is another one than its hash, or its id, says');
  demand(index < size && climbed(inclusionPath.map(hashIn), index, size - 1, [leaf])[0].equals(root), 'The entry is not there in the log that was signed');
  console.log(`Proved: the ${event.type} ${entryId} is leaf ${index} of the ${size} that ${origin} has signed:\n${leafInput}`);
  for (const { path, value, salt } of disclosures) {
    demand(sha256(base64(salt), value).toString('base64url') === event.metadata.$personal?.commitments[path], `What is disclosed as ${path} was another text`);
    console.log(`Proved: what is sealed there as ${path} is ${JSON.stringify(value)}`);
  }
  const older = olderNote && opened(olderNote, keys);
  if (!consistency) return demand(!older, 'The proof does not tell of the older checkpoint: ask for one with --since');
  const [from, fromRoot, path] = [wholeIn(consistency.fromTreeSize), hashIn(consistency.fromRootHash), consistency.path.map(hashIn)];
  const isOlder = !older || (older.origin === origin && older.size === from && older.root.equals(fromRoot));
  demand(isOlder && from > 0 && from <= size, 'It is about another log than the older checkpoint');
  let [at, last] = from === size ? [0, 0] : [from - 1, size - 1];
  for (; at % 2 === 1; at = Math.floor(at / 2)) last = Math.floor(last / 2);
  const first = at === 0 ? fromRoot : path.shift();
  const roots = climbed(path, at, last, [first, first]);
  demand(roots[0].equals(fromRoot) && roots[1].equals(root), 'The log does not begin with the older one');
  console.log(`Proved: it begins with the ${from} leaves of ${older ? 'the older checkpoint' : `the log with the root ${consistency.fromRootHash}`}`);
}

function proveLog(keys, file, note) {
  const { origin, size, root } = opened(note, keys);
  const [descriptor, chunk, edge] = [openSync(file), Buffer.alloc(1 << 20), []];
  let [rest, leaves] = [Buffer.alloc(0), 0];
  for (let read = readSync(descriptor, chunk); read > 0 && leaves < size; read = readSync(descriptor, chunk)) {
    rest = Buffer.concat([rest, chunk.subarray(0, read)]);
    for (let end = rest.indexOf(10); end >= 0 && leaves < size; end = rest.indexOf(10), leaves++) {
      let node = leafOf(rest.subarray(0, end));
      for (let left = leaves; left % 2 === 1; left = Math.floor(left / 2)) node = nodeOf(edge.pop(), node);
      edge.push(node);
      rest = rest.subarray(end + 1);
    }
  }
  demand(leaves === size && edge.reduceRight((right, left) => nodeOf(left, right)).equals(root), `These ${leaves} leaves are not the ${size} that were signed`);
  console.log(`Proved: the first ${size} leaves of ${file} are the log that ${origin} has signed`);
}

const [keyPlace, ...places] = process.argv.slice(2);
const textOf = (place) => (existsSync(place) ? readFileSync(place, 'utf8') : demand(/[+{\n]/.test(place) && place, `There is no file ${place}`));
const proofIn = (answer) => demand((answer.data?.auditProof ?? answer).checkpoint && (answer.data?.auditProof ?? answer), 'That is no proof');
const noteIn = (text) => (text?.startsWith('{') ? JSON.parse(text.trim().split('\n').at(-1)).signedNote : text);
try {
  demand(places.length > 0, 'Call it as the first lines of this file say');
  const keys = textOf(keyPlace).trim().split('\n').map(keyIn);
  if (places[0] === '--log') proveLog(keys, places[1], noteIn(textOf(places[2])));
  else proveEntry(keys, proofIn(JSON.parse(textOf(places[0]))), places[1] && noteIn(textOf(places[1])));
} catch (error) {
  console.error(`Not proved: ${error.message}`);
  process.exitCode = places.length === 0 ? 2 : 1;
}
