/* Keys for the recording of a page: space or k plays, j and l go 10 s, left and right 5 s, "," and "." one picture, "<" and ">"
   change the speed, n and p go to the next and last comment. They rest while a text field has the focus, and space and arrows
   while a control of its own has it; nothing is sent anywhere. */
const PICTURE = 1 / 25;
const SLOWEST = 0.75;
const FASTEST = 2;

const move = (seconds) => (video) => {
  video.currentTime = Math.max(0, Math.min(video.duration || 0, video.currentTime + seconds));
};
const step = (pictures) => (video) => {
  video.pause();
  move(pictures * PICTURE)(video);
};
const speed = (change) => (video) => {
  video.preservesPitch = true;
  video.playbackRate = Math.max(SLOWEST, Math.min(FASTEST, video.playbackRate + change));
};
const play = (video) => (video.paused ? video.play() : video.pause());
const comment = (by) => () => {
  const links = [...document.querySelectorAll('[data-comments] [data-seek]')];
  const here = links.findIndex((link) => link.hasAttribute('aria-current'));
  links[Math.min(links.length - 1, Math.max(0, here + by))]?.click();
};

const deeds = {
  ' ': play, k: play, j: move(-10), l: move(10), ArrowLeft: move(-5), ArrowRight: move(5),
  ',': step(-1), '.': step(1), '<': speed(-0.25), '>': speed(0.25), n: comment(1), p: comment(-1),
};
const rests = (target) => target.closest('input:not([type="radio"]), select, textarea, video, [contenteditable]');
const presses = (target, key) =>
  (key === ' ' && target.closest('button, summary, a, input')) || (key.startsWith('Arrow') && target.closest('input'));

document.addEventListener('keydown', (event) => {
  const video = document.querySelector('[data-player] .player__video');
  const deed = deeds[event.key];
  if (!video || !deed || event.ctrlKey || event.metaKey || event.altKey) return;
  if (rests(event.target) || presses(event.target, event.key)) return;
  event.preventDefault();
  deed(video);
});
