// The protocol's messages as the venue sends them, arrays led by a tag, and as this page reads
// them, objects with names. The table of names comes from the venue itself.

let messages = new Map(); // tag -> [name, fields]
let tags = new Map(); // name -> [tag, fields]
let parts = {};
let enums = {};
let words = {}; // enum -> word -> number
let version = 0;

export async function loadTable() {
  const answer = await fetch("/protocol.json");
  const table = await answer.json();
  version = table.version;
  messages = new Map(Object.entries(table.messages).map(([tag, row]) => [Number(tag), row]));
  tags = new Map([...messages].map(([tag, [name, fields]]) => [name, [tag, fields]]));
  parts = table.parts;
  enums = table.enums;
  words = Object.fromEntries(
    Object.entries(enums).map(([name, row]) => [
      name,
      Object.fromEntries(Object.entries(row).map(([number, word]) => [word, Number(number)])),
    ]),
  );
}

export const protocolVersion = () => version;
export const wordOf = (name, number) => enums[name]?.[number] ?? String(number);

function value(given, kind) {
  if (given === null || kind === undefined) return given;
  if (kind in enums) return wordOf(kind, given);
  const one = (each) => (kind === "*" ? decode(each) : named(each, parts[kind], 0));
  const isRow = Array.isArray(given[0]) || given.length === 0;
  return isRow ? given.map(one) : one(given);
}

function named(array, fields, from) {
  const found = {};
  fields.forEach(([name, kind], place) => {
    found[name] = value(array[place + from], kind);
  });
  return found;
}

export function decode(array) {
  const [name, fields] = messages.get(array[0]);
  const found = named(array, fields, 1);
  found.is = name;
  return found;
}

// Leave out what is not given at the end: the venue has defaults for it.
export function encode(name, given) {
  const [tag, fields] = tags.get(name);
  const array = [tag];
  for (const [field, kind] of fields) {
    if (!(field in given)) break;
    array.push(kind in enums ? words[kind][given[field]] : given[field]);
  }
  return JSON.stringify(array);
}
