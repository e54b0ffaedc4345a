/* data-camera="offset in ms": the camera beside a recording, kept in step with it: play, stop, seek and speed. */
const APART = 0.25;

const bind = (camera) => {
  const player = camera.closest('[data-player]');
  const video = player.querySelector('.player__video');
  const toggle = player.querySelector('[data-camera-toggle]');
  const offset = Number(camera.dataset.camera) / 1000;
  let shown = true;

  const keepInStep = () => {
    const at = video.currentTime - offset;
    const there = at >= 0 && at <= (camera.duration || 0);
    camera.hidden = !shown || !there;
    if (camera.hidden) return camera.pause();
    if (Math.abs(camera.currentTime - at) > APART) camera.currentTime = at;
    camera.playbackRate = video.playbackRate;
    if (video.paused !== camera.paused) video.paused ? camera.pause() : camera.play().catch(() => {});
  };
  for (const event of ['play', 'pause', 'seeking', 'seeked', 'ratechange', 'timeupdate']) {
    video.addEventListener(event, keepInStep);
  }
  camera.addEventListener('loadedmetadata', keepInStep);
  if (camera.readyState) keepInStep();
  toggle.hidden = false;
  toggle.addEventListener('click', () => {
    shown = !shown;
    toggle.setAttribute('aria-pressed', shown);
    keepInStep();
  });
};
document.querySelectorAll('[data-camera]').forEach(bind);
