/* Keys for the recording of a page: space or k plays, j and l go 10 s, arrows 5 s, "," and "." one picture, "<" and ">" change
   the speed. They rest while a text field or a control of its own has the focus, and nothing is sent anywhere. */
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

const deeds = {
  ' ': play, k: play, j: move(-10), l: move(10), ArrowLeft: move(-5), ArrowRight: move(5),
  ',': step(-1), '.': step(1), '<': speed(-0.25), '>': speed(0.25),
};
const rests = (target) => target.closest('input, select, textarea, button, a, summary, video, [contenteditable]');

document.addEventListener('keydown', (event) => {
  const video = document.querySelector('[data-player] video');
  const deed = deeds[event.key];
  if (!video || !deed || event.ctrlKey || event.metaKey || event.altKey || rests(event.target)) return;
  event.preventDefault();
  deed(video);
});
