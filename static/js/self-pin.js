/* data-pin-now="id": writes the moment at which the recording of its page stands into that field. */
const players = () => [...document.querySelectorAll('[data-player] video')];
const asWritten = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/* The video that was played last; with several recordings the field of its place is set too. */
let last = null;
document.addEventListener('play', (event) => { last = event.target; }, true);
document.addEventListener('seeking', (event) => { last = event.target; }, true);

/* A recording may arrive while the page is open: the buttons come with it. */
const buttons = [...document.querySelectorAll('[data-pin-now]')];
const offer = () => { for (const button of buttons) button.hidden = !players().length; };
document.addEventListener('recording-shown', offer);
offer();

for (const button of buttons) {
  button.addEventListener('click', () => {
    const video = last?.isConnected ? last : players()[0];
    if (!video) return;
    const field = document.getElementById(button.dataset.pinNow);
    field.value = asWritten(video.currentTime);
    const place = document.getElementById(button.dataset.pinNow.replace('own-moment-', 'own-place-'));
    const shown = video.closest('[data-place]')?.dataset.place;
    if (place && shown) place.value = shown;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
