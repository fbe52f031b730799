// Proves that the page has a key: the key itself stays here. See docs/protocol.md.

const HMAC = { name: "HMAC", hash: "SHA-256" };
const NONCE_BYTES = 32;
const ALL = "carbonx logon 3";
const text = new TextEncoder();

const bytes = (said) => (typeof said === "string" ? text.encode(said) : said);
const hex = (data) => [...data].map((each) => each.toString(16).padStart(2, "0")).join("");

async function mac(key, said) {
  // An empty key cannot be imported; HMAC fills keys up with zeros, so that one zero is the same.
  const raw = bytes(key).length ? bytes(key) : new Uint8Array(1);
  const made = await crypto.subtle.importKey("raw", raw, HMAC, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, bytes(said)));
}

function exchange(logon, challenge) {
  const said = [ALL, logon.member, logon.account, logon.key_name, logon.nonce, challenge].map(bytes);
  const whole = new Uint8Array(said.reduce((size, each) => size + 4 + each.length, 0));
  let place = 0;
  for (const each of said) {
    new DataView(whole.buffer).setUint32(place, each.length);
    whole.set(each, place + 4);
    place += 4 + each.length;
  }
  return whole;
}

export const drawNonce = () => hex(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));

// Browsers give pages this on https and on this machine alone.
export const canProve = () => Boolean(crypto.subtle);

// What to answer to a challenge, and what the venue's own signature must be.
export async function prove(logon, key, challenge) {
  const said = exchange(logon, challenge);
  const salted = await mac(key, `carbonx key of ${logon.account}`);
  const client = await mac(salted, "Client Key");
  const stored = new Uint8Array(await crypto.subtle.digest("SHA-256", client));
  const signature = await mac(stored, said);
  const proof = hex(client.map((each, place) => each ^ signature[place]));
  return { proof, signature: hex(await mac(await mac(salted, "Server Key"), said)) };
}
