/* data-recorder: device check, recording, sending the rest, deciding about what was interrupted. Each has its own module; this one
   knows which follows which. */
import { DeviceCheck } from './recorder-check.js';
import { Decision, tidy } from './recorder-decide.js';
import { whyNotHere } from './recorder-devices.js';
import { offerFloat, sink } from './recorder-float.js';
import { isOnlyTab, mayRest, stayAwake, warnBeforeLeaving } from './recorder-guards.js';
import { clock, find, isOff, root, say, setOff, show, trouble } from './recorder-page.js';
import { Session } from './recorder-session.js';
import { Spool } from './recorder-spool.js';
import { said } from './words.js';

const ELSEWHERE = [said('The recorder is open in another tab'), said('Go on there, or close that tab and reload this one.')];
const short = () => said('It has %(length)s. This practical asks for %(minutes)s minutes at least, so the checks would not accept it.', { length: clock(session.ms), minutes: root.dataset.minMinutes });
let spool = null;
let check = null;
let session = null;

const start = async () => {
  const button = find('start');
  if (isOff(button)) return;
  setOff(button, true);
  check.isRecording = true;
  trouble('');
  session ??= new Session(spool, check, stopped);
  try {
    await session.begin();
    recording();
  } catch (error) {
    check.isRecording = false;
    check.judge();
    trouble(said('It has not begun'), error.sentence || said('The connection is away. Try again in a moment.'), { signIn: error.code === 'signed-out' });
    if (error.code) session = null; // without a connection the same agreement is used again
  }
};

const recording = () => {
  show('recording');
  find('live').hidden = false;
  find('aside').prepend(section());
  stayAwake();
  warnBeforeLeaving(true);
  navigator.storage?.persist?.().catch(() => null);
  offerFloat();
  say(said('Recording has begun.'));
  (find('next-part') ?? find('finish')).focus();
};

/* What was checked stays to be seen beside the recording. */
const section = () => {
  const made = document.createElement('section');
  const title = Object.assign(document.createElement('h2'), { textContent: said('Device check') });
  const head = Object.assign(document.createElement('div'), { className: 'section__head' });
  head.append(title);
  made.append(head, find('checks'));
  return made;
};

const askToFinish = () => {
  const isShort = session.ms < Number(root.dataset.minMinutes) * 60_000;
  find('finish-text').textContent = isShort ? short() : said('It has %(length)s. After this nothing more is recorded.', { length: clock(session.ms) });
  sink();
  find('finish-dialog').showModal();
};

const answered = (event) => {
  const answer = event.target.returnValue;
  if (answer === 'finish') session.stop('finished');
  if (answer === 'stop') session.stop('stopped');
};

/* "finished" uses it at once; anything else lets the learner decide. */
const stopped = async (why) => {
  mayRest();
  sink();
  find('live').hidden = true;
  find('stage-box').hidden = true;
  find('meter-box').hidden = true;
  if (find('finish-dialog').open) find('finish-dialog').close('');
  if (why !== 'finished') return decide();
  show('finishing');
  find('finishing-title').focus();
  const counter = setInterval(async () => {
    const left = await session.delivery.waiting();
    find('rest').textContent = left > 1 ? said('%(count)s pieces are on their way.', { count: left }) : said('Sending the last piece.');
  }, 500);
  const ended = await session.delivery.use();
  clearInterval(counter);
  if (ended !== 'complete') return decide();
  warnBeforeLeaving(false);
  return location.assign(root.dataset.practical);
};

const decide = async () => {
  show('decide');
  find('decide-title').focus();
  const decision = new Decision(spool, session.delivery);
  await decision.open();
  warnBeforeLeaving(false);
};

const begin = async () => {
  const isRescue = root.dataset.phase === 'decide';
  const why = whyNotHere(false);
  if (why) return isRescue ? trouble(...why) : new DeviceCheck();
  if (!(await isOnlyTab())) return isRescue ? (find('decide-hint').textContent = ELSEWHERE[1]) && trouble(...ELSEWHERE) : trouble(...ELSEWHERE);
  spool = await Spool.open().catch(() => null);
  if (!spool) return trouble(said('This window keeps nothing'), said('It could lose your recording. Open the page in a window that isn’t private.'));
  tidy(spool).catch(() => null);
  if (isRescue) return new Decision(spool).rescue(spool);
  check = new DeviceCheck();
  find('start').addEventListener('click', start);
  find('finish').addEventListener('click', askToFinish);
  return find('finish-dialog').addEventListener('close', answered);
};

begin();
