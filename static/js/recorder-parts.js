/* The parts of the session: which one it is now, and when each began. */
import { clock, find, say } from './recorder-page.js';
import { said } from './words.js';

const GUARD = 1500; // a second press right after the first one is a slip of the hand

export class Parts {
  /* `mark(name)` writes down that this part begins now, and gives the moment in milliseconds. */
  constructor(mark) {
    this.rows = [...document.querySelectorAll('[data-part]')];
    Object.assign(this, { mark, now: -1, began: [], pressed: 0 });
    find('next-part')?.addEventListener('click', () => this.next());
  }

  next() {
    if (this.now + 1 >= this.rows.length || performance.now() - this.pressed < GUARD) return;
    this.pressed = performance.now();
    this.now += 1;
    const name = this.rows[this.now].dataset.part;
    this.began[this.now] = this.mark(name);
    if (this.now) say(said('Now: %(part)s', { part: name }));
    this.draw();
  }

  draw() {
    this.rows.forEach((row, number) => {
      row.className = `part part--${number < this.now ? 'done' : number === this.now ? 'now' : 'plan'}`;
      if (number === this.now) row.setAttribute('aria-current', 'step');
      else row.removeAttribute('aria-current');
    });
    const button = find('next-part');
    const following = this.rows[this.now + 1];
    if (button && !following && button === document.activeElement) find('finish').focus();
    if (button) button.hidden = !following;
    if (following) find('next-part-name').textContent = said('Next part: %(part)s', { part: following.dataset.part });
  }

  /* The time of the part that runs; the ones before keep theirs. */
  tick(ms) {
    const time = this.rows[this.now]?.querySelector('[data-part-time]');
    if (!time) return;
    time.hidden = false;
    time.textContent = said('%(time)s of ', { time: clock(ms - this.began[this.now]) });
  }
}
