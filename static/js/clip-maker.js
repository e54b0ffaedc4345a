/* data-clip-maker: the form of a ruling. Shows the recording that is named in it, writes the moments at which it stands into
   “from” and “to”, and plays what lies between. Without it both are typed. */
import { said } from './words.js';
const maker = document.querySelector('[data-clip-maker]');
const video = maker.querySelector('[data-clip-source]');
const told = maker.querySelector('[data-clip-told]');
const deeds = maker.querySelector('[data-clip-deeds]');
const recording = document.getElementById('id_recording');
const begins = document.getElementById('id_begins');
const ends = document.getElementById('id_ends');
const NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
};
const secondsOf = (text) => {
  const parts = text.trim().split(':');
  return parts.length < 2 || parts.some((one) => !/^\d+$/.test(one)) ? null : parts.reduce((sum, one) => sum * 60 + Number(one), 0);
};

let shown = video.hasAttribute('src') ? recording.value.trim() : '';
const show = () => {
  const wanted = recording.value.trim();
  if (wanted === shown) return;
  shown = wanted;
  video.hidden = deeds.hidden = !NAME.test(wanted);
  if (!video.hidden) video.src = maker.dataset.media.replace(/[0-9a-f-]{36}/, wanted);
};
deeds.hidden = video.hidden;
for (const event of ['change', 'input']) recording.addEventListener(event, show);
window.addEventListener('focus', show); // the window that chooses a recording writes the field without an event
video.addEventListener('loadedmetadata', () => (told.textContent = said('%(length)s long. Stop where the clip begins and where it ends.', { length: clock(video.duration) })));
video.addEventListener('error', () => {
  video.hidden = deeds.hidden = true;
  told.textContent = said('You can’t watch this recording here. Type the moments; the clip is shown on the page of the ruling.');
});

maker.querySelector('[data-clip-begin]').addEventListener('click', () => (begins.value = clock(video.currentTime)));
maker.querySelector('[data-clip-end]').addEventListener('click', () => (ends.value = clock(Math.ceil(video.currentTime))));
for (const moment of maker.querySelectorAll('[data-clip-from]')) {
  moment.addEventListener('click', () => {
    begins.value = moment.dataset.clipFrom;
    ends.value = moment.dataset.clipTo || ends.value;
    video.currentTime = secondsOf(begins.value);
    told.textContent = ends.value
      ? said('The clip begins at %(begins)s and ends at %(ends)s.', { begins: begins.value, ends: ends.value })
      : said('The clip begins at %(begins)s. Give its end.', { begins: begins.value });
  });
}
let stop = null;
maker.querySelector('[data-clip-play]').addEventListener('click', () => {
  const [from, to] = [secondsOf(begins.value), secondsOf(ends.value)];
  if (from === null || to === null || to <= from) return (told.textContent = said('Give a beginning and a later end, as minutes and seconds.'));
  stop = to;
  video.currentTime = from;
  video.play();
});
video.addEventListener('timeupdate', () => {
  if (stop === null || video.currentTime < stop) return;
  stop = null;
  video.pause();
});
