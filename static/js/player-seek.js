/* data-seek="milliseconds": moves the player of the page there and marks the link. The playhead follows the player. */
const player = document.querySelector('[data-player]');
const video = player?.querySelector('video');
const head = player?.querySelector('[data-playhead]');
const clock = player?.querySelector('[data-clock]');
const speed = player?.querySelector('[data-speed]');
const length = Number(player?.querySelector('[data-timeline]')?.dataset.timeline ?? 0);

const follow = () => {
  const seconds = Math.floor(video.currentTime);
  if (clock) clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  for (const end of ['x1', 'x2']) if (length) head?.setAttribute(end, `${(video.currentTime * 100_000) / length}%`);
};
const seek = (link) => {
  for (const other of document.querySelectorAll('[data-seek][aria-current]')) other.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
  if (video) video.currentTime = Number(link.dataset.seek) / 1000;
};
document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-seek]');
  if (link) seek(link);
});
video?.addEventListener('timeupdate', follow);
video?.addEventListener('seeking', follow);
if (speed && video) {
  const speeds = [1, 1.25, 1.5, 1.75, 2];
  speed.hidden = false;
  speed.addEventListener('click', () => {
    video.playbackRate = speeds[(speeds.indexOf(video.playbackRate) + 1) % speeds.length];
  });
  video.addEventListener('ratechange', () => (speed.textContent = `${video.playbackRate}×`));
}
