// The slider over a log: any moment, any speed.

import { byId, text } from "../dom.js";
import { clock, day, whole } from "../format.js";
import { t } from "../words.js";

export class Replay {
  constructor(app) {
    this.app = app;
    this.state = null;
    this.held = false; // while somebody moves the slider it does not follow
    this.slider = byId("replay-slider");
    this.play = byId("replay-play");
    this.speed = byId("replay-speed");
    const say = (what) => app.link.tell("replay", what);
    this.slider.addEventListener("input", () => {
      this.held = true;
    });
    this.slider.addEventListener("change", () => {
      this.held = false;
      say({ seek: Number(this.slider.value), play: false });
    });
    this.play.addEventListener("click", () => say({ play: !this.state.playing }));
    this.speed.addEventListener("change", () => say({ speed: Number(this.speed.value) }));
  }

  draw() {
    const { state } = this;
    byId("replay").hidden = !state;
    if (!state) return;
    this.slider.max = state.records;
    if (!this.held) this.slider.value = state.position;
    this.slider.setAttribute("aria-valuetext", clock(state.time, this.app.offset));
    text(this.play, t(state.playing ? "pause" : "play"));
    if (document.activeElement !== this.speed) this.speed.value = String(state.speed);
    const { offset } = this.app;
    text(byId("replay-time"), `${day(state.time, offset)} ${clock(state.time, offset)} · ${whole(state.position)} / ${whole(state.records)}`);
  }
}
