/* data-seek="milliseconds": moves the player of the page there and marks the link. The playhead follows the player; a press on
   the line moves it. Speeds from 0.75 to 2. */
const asClock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const SPEEDS = [1, 1.25, 1.5, 1.75, 2, 0.75];

const bind = (player) => {
  const video = player.querySelector('.player__video');
  const chart = player.querySelector('[data-timeline]');
  const head = player.querySelector('[data-playhead]');
  const clock = player.querySelector('[data-clock]');
  const speed = player.querySelector('[data-speed]');
  const length = Number(chart?.dataset.timeline ?? 0);

  const follow = () => {
    if (clock) clock.textContent = asClock(video.currentTime);
    for (const end of ['x1', 'x2']) if (length) head?.setAttribute(end, `${(video.currentTime * 100_000) / length}%`);
  };
  video.addEventListener('timeupdate', follow);
  video.addEventListener('seeking', follow);
  chart?.addEventListener('click', (event) => {
    if (event.target.closest('a')) return;
    const box = chart.getBoundingClientRect();
    video.currentTime = Math.max(0, ((event.clientX - box.left) / box.width) * (length / 1000));
  });
  if (!speed) return;
  speed.hidden = false;
  speed.addEventListener('click', () => {
    video.playbackRate = SPEEDS[(SPEEDS.indexOf(video.playbackRate) + 1) % SPEEDS.length];
  });
  video.addEventListener('ratechange', () => {
    speed.querySelector('[data-speed-now]').textContent = `${video.playbackRate}×`;
  });
};
const players = [...document.querySelectorAll('[data-player]')];
players.filter((player) => player.querySelector('.player__video')).forEach(bind);

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-seek]');
  const video = players[0]?.querySelector('.player__video');
  if (!link || !video) return;
  if (!link.getAttribute('href').startsWith('#')) event.preventDefault();
  for (const other of document.querySelectorAll('[data-seek][aria-current]')) other.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
  video.currentTime = Number(link.dataset.seek) / 1000;
});
