/* data-skip-silence="[[from, to], …] in milliseconds": while its button is pressed, playing jumps over them; the line shows it. */
const LEAD = 0.25;

const bind = (button) => {
  const player = button.closest('[data-player]');
  const video = player.querySelector('.player__video');
  const chart = player.querySelector('[data-timeline]');
  const spans = JSON.parse(button.dataset.skipSilence).map(([from, to]) => [from / 1000 + LEAD, to / 1000 - LEAD]);
  let on = false;

  const skip = () => {
    if (!on || video.paused || video.seeking) return;
    const now = video.currentTime;
    const span = spans.find(([from, to]) => now >= from && now < to - 0.1);
    if (span) video.currentTime = span[1];
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    on = !on;
    button.setAttribute('aria-pressed', on);
    chart?.classList.toggle('timeline__chart--skipping', on);
    skip();
  });
  video.addEventListener('timeupdate', skip);
  video.addEventListener('play', skip);
};
document.querySelectorAll('[data-skip-silence]').forEach(bind);
