/**
 * The shard: a random word in a connection's address, by which a proxy in front of several
 * servers sends all requests of the connection to the same one. It identifies nobody: each
 * connection gets a new one, so that after a failure the next server is another one.
 */

const LETTERS = 12;

/** @returns {string} 12 random hexadecimal digits */
function newShard() {
  const bytes = crypto.getRandomValues(new Uint8Array(LETTERS / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Gives a socket's next connection a new shard.
 *
 * @param {{io: {opts: {query?: Record<string, any>}}}} socket of Socket.IO
 */
export function reshard(socket) {
  socket.io.opts.query = { ...socket.io.opts.query, shard: newShard() };
}
