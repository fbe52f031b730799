// Numbers, prices and times as people read them. Prices and money are whole minor units.

export function decimal(minor, digits) {
  const sign = minor < 0 ? "-" : "";
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  if (!digits) return sign + grouped(text);
  return `${sign}${grouped(text.slice(0, -digits))}.${text.slice(-digits)}`;
}

const grouped = (text) => text.replace(/\B(?=(\d{3})+$)/g, ",");

export const whole = (number) => decimal(number, 0);

// Return minor units, or null where the text is no decimal with so many digits at most.
export function minor(text, digits) {
  const found = /^(\d{0,12})(?:\.(\d*))?$/.exec(text.trim().replaceAll(",", ""));
  if (!found || (!found[1] && !found[2])) return null;
  const rest = found[2] ?? "";
  if (rest.length > digits) return null;
  return Number(found[1] + rest.padEnd(digits, "0"));
}

// Return minor units of a text with too many decimals, rounded; null where it is no decimal.
export function roughly(text, digits) {
  const found = Number(text.trim().replaceAll(",", ""));
  return text.trim() && Number.isFinite(found) ? Math.round(found * 10 ** digits) : null;
}

export function clock(nanoseconds, offsetMinutes) {
  const local = new Date(nanoseconds / 1e6 + offsetMinutes * 60_000);
  return Number.isNaN(local.getTime()) ? "" : local.toISOString().slice(11, 19);
}

export function day(nanoseconds, offsetMinutes) {
  return new Date(nanoseconds / 1e6 + offsetMinutes * 60_000).toISOString().slice(0, 10);
}

export function left(nanoseconds) {
  const seconds = Math.max(0, Math.round(nanoseconds / 1e9));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
