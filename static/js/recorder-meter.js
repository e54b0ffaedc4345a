/* How loud the microphone is, drawn live: 24 bars, and a word that a screen reader hears when it changes. */
import { said } from './words.js';
const BARS = 24;
const LOUD = 23;
const SVG = 'http://www.w3.org/2000/svg';
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const draw = (svg) =>
  Array.from({ length: BARS }, (_, number) => {
    const bar = document.createElementNS(SVG, 'rect');
    const set = { x: `${(number * 100) / BARS}%`, width: '3.3%', height: '16', rx: '2', class: 'meter__off' };
    for (const [name, value] of Object.entries(set)) bar.setAttribute(name, value);
    svg.append(bar);
    return bar;
  });

const wordFor = (bars) => (bars >= LOUD ? said('too loud') : bars >= 8 ? said('good') : bars >= 3 ? said('quiet') : said('nothing heard'));

export class Meter {
  constructor(svg, word) {
    Object.assign(this, { svg, word, bars: draw(svg), heard: false, loudest: 0, recent: [] });
  }

  listen(stream) {
    this.stop();
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => this.look(), calm.matches ? 500 : 100);
  }

  /* From -60 dB (no bar) to full scale (all of them). */
  look() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const peak = this.samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const bars = Math.max(0, Math.min(BARS, Math.round(BARS * (1 + Math.log10(Math.max(peak, 1e-4)) / 3))));
    this.loudest = Math.max(this.loudest, bars);
    this.heard ||= bars >= 8;
    this.bars.forEach((bar, number) => bar.setAttribute('class', number >= bars ? 'meter__off' : number >= LOUD ? 'meter__loud' : 'meter__on'));
    this.say(bars);
  }

  /* The word follows the loudest of the last two seconds, so that it doesn't flicker between syllables. */
  say(bars) {
    this.recent = [...this.recent.slice(calm.matches ? -3 : -19), bars];
    const word = wordFor(Math.max(...this.recent));
    if (this.word.textContent === word) return;
    this.word.textContent = word;
    this.svg.setAttribute('aria-label', said('Microphone level: %(word)s', { word }));
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close();
    this.context = null;
  }
}
