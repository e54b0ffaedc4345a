/* Microphone, camera and screen, and what to say when the browser doesn't give them. */
import { chooseFormat } from './recorder-tracks.js';
import { said } from './words.js';

const PERMISSION = said('Press the icon left of the address, allow it there, then try again.');
const REFUSALS = {
  microphone: {
    NotAllowedError: [said('The microphone is not allowed'), PERMISSION],
    NotFoundError: [said('No microphone was found'), said('Plug one in, or connect your headset, then try again.')],
    NotReadableError: [said('Another program has the microphone'), said('Close calls and meetings in other windows, then try again.')],
  },
  camera: {
    NotAllowedError: [said('The camera is not allowed'), `${PERMISSION} ${said('Or go on without it.')}`],
    NotFoundError: [said('No camera was found'), said('Plug one in and try again, or go on without it.')],
    NotReadableError: [said('Another program has the camera'), said('Close calls and meetings in other windows, then try again. Or go on without it.')],
  },
  screen: {
    NotAllowedError: [said('Nothing was shared'), said('Try again and choose a window. On a Mac, allow the browser in System Settings, Privacy, Screen Recording.')],
    NotFoundError: [said('There is nothing that could be shared'), said('Open the window that you want to show, then try again.')],
    NotReadableError: [said('The system doesn’t let the browser see the screen'), said('Allow it in the system’s privacy settings, restart the browser, then come back.')],
  },
};
const OTHER = [said('That didn’t work'), said('Try again. If it stays so, restart the browser, or send a file instead.')];
const SIMILAR = { OverconstrainedError: 'NotFoundError', AbortError: 'NotReadableError', SecurityError: 'NotAllowedError' };

/* A result word and what to do next, for an error of getUserMedia or getDisplayMedia. */
export const wordsFor = (device, error) => {
  const words = REFUSALS[device];
  return words[error.name] ?? words[SIMILAR[error.name]] ?? OTHER;
};

/* Why this browser can't record at all, as a result word and what to do; null where it can. */
export const whyNotHere = (needsScreen) => {
  if (!window.isSecureContext) return [said('The address is not secure'), said('Browsers record on https:// addresses only. Open this page with https://, or send a file instead.')];
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return [said('This browser can’t record'), said('Open this page in a current Chrome, Edge, Firefox or Safari, or send a file instead.')];
  if (needsScreen && !navigator.mediaDevices.getDisplayMedia) return [said('This browser can’t share a screen'), said('Phones and tablets can’t. Open this page on a computer, or send a file instead.')];
  if (!window.indexedDB || !navigator.locks) return [said('This browser keeps nothing'), said('It could lose your recording. Use a current browser, not a private window.')];
  if (!chooseFormat()) return [said('No format that we can read'), said('Open this page in a current Chrome, Edge, Firefox or Safari, or send a file instead.')];
  return null;
};

const chosen = (id) => (id ? { deviceId: { exact: id } } : {});

/* Keep this page in front after a window was chosen: the next checks are here. */
const stayHere = () => {
  if (!window.CaptureController) return {};
  const controller = new CaptureController();
  controller.setFocusBehavior?.('no-focus-change');
  return { controller };
};

export const ASK = {
  microphone: (id) => navigator.mediaDevices.getUserMedia({ audio: { ...chosen(id), echoCancellation: true, noiseSuppression: true } }),
  camera: (id) => navigator.mediaDevices.getUserMedia({ video: { ...chosen(id), width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } } }),
  screen: () => navigator.mediaDevices.getDisplayMedia({
    ...stayHere(), video: { width: { max: 1920, ideal: 1280 }, height: { max: 1080, ideal: 720 }, frameRate: { ideal: 10, max: 15 } },
    audio: true, selfBrowserSurface: 'exclude', surfaceSwitching: 'include', systemAudio: 'include',
  }),
};

export const listDevices = async (kind) => {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter((one) => one.kind === kind && one.deviceId);
};

/* Tell when a device goes: at once when it ends, after five seconds when it gives nothing. Returns a function that stops watching. */
export const watchTrack = (track, onLost) => {
  const guard = new AbortController();
  const { signal } = guard;
  let timer = 0;
  track.addEventListener('ended', () => onLost('ended'), { signal });
  track.addEventListener('mute', () => (timer = setTimeout(() => onLost('muted'), 5000)), { signal });
  track.addEventListener('unmute', () => clearTimeout(timer), { signal });
  return () => {
    clearTimeout(timer);
    guard.abort();
  };
};
