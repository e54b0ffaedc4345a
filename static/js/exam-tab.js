/* A tab's own name, kept through its reloads. A duplicated tab copies the storage of the first one, so each asks whether
   somebody bears its name already, and takes another if so. */
const KEY = 'exam-tab';
const PATIENCE = 120;

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const nameOfTab = () => new Promise((resolve) => {
  const me = random();
  const channel = new BroadcastChannel('exam-tabs');
  let name = sessionStorage.getItem(KEY) ?? random();
  let settled = false;
  channel.onmessage = ({ data }) => {
    if (data.ask === name && settled) channel.postMessage({ to: data.me, taken: name });
    if (data.to === me && !settled) name = random();
  };
  channel.postMessage({ me, ask: name });
  setTimeout(() => {
    settled = true;
    sessionStorage.setItem(KEY, name);
    resolve(name);
  }, PATIENCE);
});
