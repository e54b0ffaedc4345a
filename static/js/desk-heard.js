/* What was heard of the recording: the stretches that were played, at 1.5 times the speed at most. Told with the lease's sign of life
   and with the marks; the server decides how much that is. */
const place = document.querySelector('[data-heard]');
const video = document.querySelector('[data-player] .player__video');
const FASTEST = 1.5;
const LONGEST_STEP = 2;
const spans = [];
let last = null;
let told = 0;

const follow = () => {
  const now = video.currentTime;
  const played = last !== null && !video.seeking && now > last && now - last < LONGEST_STEP * video.playbackRate;
  if (played && video.playbackRate <= FASTEST) {
    const open = spans.at(-1);
    const [from, to] = [Math.round(last * 1000), Math.round(now * 1000)];
    if (open && Math.abs(open[1] - from) <= 1) open[1] = to;
    else spans.push([from, to]);
  }
  last = video.paused || video.seeking ? null : now;
};
if (place && video) {
  for (const sign of ['timeupdate', 'pause', 'ended']) video.addEventListener(sign, follow);
  video.addEventListener('play', () => (last = video.currentTime));
  video.addEventListener('seeking', () => (last = null));
  document.querySelector('[data-sheet]').addEventListener('formdata', (event) => {
    for (const [name, value] of Object.entries(heard())) event.formData.set(name, value);
  });
}

const length = () => spans.reduce((sum, [from, to]) => sum + to - from, 0);
export const hasNews = () => length() > told;
export const heard = () => {
  if (!place || !video) return {};
  told = length();
  return { place: place.dataset.heard, heard: JSON.stringify(spans.slice(-500)) };
};
export const showHeard = (percent) => {
  const box = place?.querySelector('[data-heard-percent]');
  if (!box || percent === null || box.textContent === String(percent)) return;
  box.textContent = percent;
  document.querySelector('[data-sheet]').dispatchEvent(new Event('change')); // so that what sending waits for is asked anew
};
