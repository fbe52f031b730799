// The WebSocket to the venue. It comes back by itself, later each time that it fails.

import { decode, encode } from "./wire.js";

const FIRST_WAIT = 250; // ms
const LONGEST_WAIT = 5_000;

export class Link {
  constructor(heard, changed, venue = "") {
    this.path = venue ? `/ws/${encodeURIComponent(venue)}` : "/ws";
    this.heard = heard;
    this.changed = changed;
    this.open = false;
    this.wait = FIRST_WAIT;
    // A page that was frozen, or comes out of the browser's cache, may not be told of the cut.
    for (const name of ["resume", "visibilitychange"])
      document.addEventListener(name, () => this.look());
    window.addEventListener("pageshow", () => this.look());
    this.connect();
  }

  connect() {
    this.again = 0;
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(address);
    this.socket.addEventListener("open", () => {
      this.open = true;
      this.wait = FIRST_WAIT;
      this.changed(true);
    });
    this.socket.addEventListener("message", (event) => this.read(event.data));
    this.socket.addEventListener("close", () => this.lost());
  }

  look() {
    if (document.visibilityState !== "hidden" && this.socket.readyState >= WebSocket.CLOSING) this.lost();
  }

  lost() {
    if (this.again) return;
    this.open = false;
    this.changed(false);
    this.again = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  read(text) {
    for (const item of JSON.parse(text)) {
      if (typeof item[0] === "string") this.heard({ is: item[0], what: item[1] });
      else this.heard(decode(item));
    }
  }

  say(name, given = {}) {
    if (this.open) this.socket.send(encode(name, given));
  }

  tell(name, what) {
    if (this.open) this.socket.send(JSON.stringify([name, what]));
  }
}
