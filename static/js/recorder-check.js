/* The device check: what is turned on, heard, seen and agreed to before anything counts. */
import { playClip, recordClip } from './recorder-clip.js';
import { ASK, listDevices, watchTrack, whyNotHere, wordsFor } from './recorder-devices.js';
import { Meter } from './recorder-meter.js';
import { find, isOff, root, say, setCheck, setOff } from './recorder-page.js';
import { mixSound } from './recorder-tracks.js';
import { said } from './words.js';

const KINDS = { microphone: 'audioinput', camera: 'videoinput' };
const LITTLE_SPACE = 1.5e9;
const BYTES_PER_HOUR = 675e6; // 1.5 Mbit/s together
const DARK = 60;
const NAMES = { microphone: said('microphone'), camera: said('camera'), screen: said('screen') };

export class DeviceCheck {
  constructor() {
    Object.assign(this, { streams: {}, watches: {}, hasClip: false, isRecording: false });
    this.meter = new Meter(find('meter'), find('level'));
    this.needsScreen = Boolean(root.dataset.screenRequired);
    this.lookAround();
    for (const button of document.querySelectorAll('[data-turn-on]')) button.addEventListener('click', () => isOff(button) || this.turnOn(button.dataset.turnOn));
    for (const pick of document.querySelectorAll('[data-pick]')) pick.addEventListener('change', () => this.turnOn(pick.dataset.pick, pick.value));
    for (const name of ['others', 'alone', 'agreed']) find(name).addEventListener('input', () => this.judge());
    find('clip').addEventListener('click', () => isOff(find('clip')) || this.tryClip());
  }

  async lookAround() {
    const why = whyNotHere(this.needsScreen);
    this.isUsable = !why;
    if (why) setCheck('browser', 'failed', ...why);
    else setCheck('browser', 'good', said('can record'), said('It keeps what is recorded until we have it.'));
    for (const button of document.querySelectorAll('[data-turn-on]')) setOff(button, why?.[0]);
    await this.lookAtSpace();
    this.judge();
  }

  async lookAtSpace() {
    const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    const free = quota - usage;
    if (!quota) return setCheck('space', 'warn', said('unknown'), said('This browser doesn’t say. Keep 1.5 GB free to be safe.'));
    const size = `${(free / 1e9).toFixed(1)} GB`;
    if (free < LITTLE_SPACE) return setCheck('space', 'warn', size, said('That is little: 1.5 GB would be safe. Empty the bin, or keep a steady network.'));
    return setCheck('space', 'good', size, said('Enough for %(hours)s hours without a network.', { hours: Math.floor(free / BYTES_PER_HOUR) }));
  }

  async turnOn(device, id = '') {
    if (!this.isUsable || this.isRecording) return;
    try {
      const stream = await ASK[device](id);
      this.turnOff(device);
      this.take(device, stream);
    } catch (error) {
      const [result, text] = wordsFor(device, error);
      setCheck(device, device === 'camera' ? 'warn' : 'failed', said('not on'), `${result}. ${text}`);
      say(`${result}. ${text}`);
    }
    this.judge();
  }

  turnOff(device) {
    this.watches[device]?.();
    for (const track of this.streams[device]?.getTracks() ?? []) track.stop();
    delete this.streams[device];
  }

  take(device, stream) {
    this.streams[device] = stream;
    const [track] = device === 'microphone' ? stream.getAudioTracks() : stream.getVideoTracks();
    this.watches[device] = watchTrack(track, () => this.lost(device));
    this.offer(device, track);
    if (device === 'microphone') this.listen(stream);
    else this.preview();
    if (device === 'camera') this.judgeLight();
    this.tell(device, stream, track);
  }

  lost(device) {
    if (this.isRecording) return;
    this.turnOff(device);
    setCheck(device, device === 'camera' ? 'warn' : 'failed', said('gone'), said('It went off: %(device)s. Turn it on again.', { device: NAMES[device] }));
    say(said('It went off: %(device)s.', { device: NAMES[device] }));
    this.preview();
    this.judge();
  }

  tell(device, stream, track) {
    const { width, height } = track.getSettings();
    const words = {
      microphone: ['good', said('on'), said('%(device)s. Say a sentence: the bars must move.', { device: track.label || said('Microphone') })],
      camera: ['good', said('on'), said('%(size)s, a second picture.', { size: `${width} × ${height}` })],
      screen: ['good', said('shared'), stream.getAudioTracks().length
        ? said('%(size)s, with its sound.', { size: `${width} × ${height}` })
        : said('%(size)s, without its sound.', { size: `${width} × ${height}` })],
    };
    setCheck(device, ...words[device]);
    say(`${words[device][1]}: ${NAMES[device]}`);
    const button = document.querySelector(`[data-turn-on="${device}"]`);
    button.lastChild.textContent = ` ${device === 'screen' ? said('Share something else') : said('Turn it on again')}`;
  }

  /* Several microphones or cameras: let people choose. */
  async offer(device, track) {
    const pick = document.querySelector(`[data-pick="${device}"]`);
    if (!pick) return;
    const found = await listDevices(KINDS[device]);
    pick.closest('label').hidden = found.length < 2;
    pick.replaceChildren(...found.map((one) => new Option(one.label, one.deviceId, false, one.deviceId === track.getSettings().deviceId)));
  }

  listen(stream) {
    find('meter-box').hidden = false;
    this.meter.heard = false;
    this.meter.listen(stream);
    clearInterval(this.ear);
    this.ear = setInterval(() => {
      if (!this.meter.heard) return;
      clearInterval(this.ear);
      setCheck('microphone', 'good', said('good'), said('You were heard.'));
      this.judge();
    }, 200);
  }

  preview() {
    const { screen, camera } = this.streams;
    find('stage-box').hidden = !screen && !camera;
    const main = screen ?? camera ?? null;
    for (const [video, stream] of [[find('screen'), main], [find('camera'), screen ? camera : null]]) {
      video.hidden = !stream;
      if (video.srcObject !== (stream ?? null)) video.srcObject = stream ?? null;
      if (stream) video.play().catch(() => null);
    }
  }

  /* A hint only: how bright the camera's picture is on the whole, from a picture of a few points. */
  judgeLight() {
    const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 24 });
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: this.streams.camera });
    video.addEventListener('timeupdate', () => {
      if (video.currentTime < 1) return;
      const context = canvas.getContext('2d');
      context.drawImage(video, 0, 0, 32, 24);
      const points = context.getImageData(0, 0, 32, 24).data;
      const bright = points.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / (32 * 24 * 3);
      video.srcObject = null;
      if (bright < DARK && this.streams.camera && !this.isRecording) setCheck('camera', 'warn', said('dark'), said('Your picture is dark. A lamp in front of you helps.'));
    });
    video.play().catch(() => null);
  }

  /* The streams of the recording: what is shown with every sound, and the camera beside it where both are on. */
  tracks() {
    const { screen, camera, microphone } = this.streams;
    const sound = mixSound([microphone, screen]);
    const picture = (screen ?? camera).getVideoTracks()[0];
    return { main: new MediaStream([picture, sound.track]), camera: screen && camera ? new MediaStream(camera.getVideoTracks()) : null, close: sound.close };
  }

  async tryClip() {
    const button = find('clip');
    const seconds = Number(root.dataset.clipSeconds);
    const { main, close } = this.tracks();
    this.isTrying = true;
    this.judge();
    this.meter.loudest = 0;
    say(said('Recording the test clip. Say something.'));
    try {
      const clip = await recordClip(main, seconds, (left) => setCheck('clip', 'wait', `${left} s`, said('Say something and move on your screen.')));
      playClip(find('clip-box'), clip);
      this.tellClip(this.meter.loudest >= 8);
    } catch {
      setCheck('clip', 'failed', said('not recorded'), said('Something was turned off meanwhile. Try again.'));
    }
    close();
    this.isTrying = false;
    button.lastChild.textContent = ` ${said('Record it again')}`;
    this.judge();
  }

  tellClip(wasHeard) {
    this.hasClip = true;
    if (wasHeard) setCheck('clip', 'good', said('you were heard'), said('Play it: is everything there that a grader should see and hear?'));
    else setCheck('clip', 'warn', said('nothing heard'), said('Nobody was heard in it. Choose another microphone and try again.'));
    say(wasHeard ? said('The test clip is ready to play. You were heard.') : said('The test clip is ready to play. Nothing was heard in it.'));
  }

  get agreement() {
    return { others: find('others').value.trim(), alone: find('alone').checked, agreed: find('agreed').checked };
  }

  /* The first thing that is still missing, as a sentence; "" where all is there. */
  get missing() {
    const { others, alone, agreed } = this.agreement;
    if (!this.isUsable) return said('This browser can’t record; the first line says why.');
    if (!this.streams.microphone) return said('Turn on the microphone first.');
    if (!this.streams.screen && (this.needsScreen || !this.streams.camera)) return this.needsScreen ? said('Choose what to share first.') : said('Share a screen or turn on the camera first.');
    if (this.isTrying) return said('The test clip is being recorded.');
    if (!this.hasClip) return said('Record the test clip first.');
    if (!others && !alone) return said('Write who else is in it, or tick that you record alone.');
    return agreed ? '' : said('Everybody has to agree first.');
  }

  judge() {
    const { missing } = this;
    const isOpen = this.isUsable && this.streams.microphone && (this.streams.screen || (!this.needsScreen && this.streams.camera));
    setOff(find('clip'), !isOpen || this.isTrying);
    setOff(find('start'), missing);
    find('start-why').textContent = missing || said('It counts from the first second. You can record again before you hand in.');
    const { others, alone, agreed } = this.agreement;
    find('others').disabled = alone;
    const isAgreed = agreed && (others || alone);
    setCheck('consent', isAgreed ? 'good' : 'wait', isAgreed ? 'agreed' : 'not yet');
  }
}
