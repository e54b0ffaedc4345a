/* The question page and the hand-in page of a running exam: choices to the sender, its word to the status line.
   Without this script every question is a form of its own, and works. */
import { Sender } from './exam-sender.js';
import { counted, said } from './words.js';

const root = document.querySelector('[data-exam]');
const find = (name) => document.querySelector(`[data-${name}]`);
const forms = [...document.querySelectorAll('[data-question]')];
const links = [...document.querySelectorAll('[data-go]')];
const digestsKey = `exam-digests-${root.dataset.exam}`;
const numberOf = (form) => Number(form.dataset.question);
const formOf = (item) => forms.find((form) => numberOf(form) === item);
const isBox = (control) => ['radio', 'checkbox'].includes(control.type);
const valueOf = (form) => [...form.querySelectorAll('[name=answer]')].filter((one) => !isBox(one) || one.checked).map((one) => one.value);
const flagOf = (form) => form.querySelector('[data-flag]').getAttribute('aria-pressed') === 'true';
const says = (control) => (isBox(control) ? control.checked : control.type === 'select-one' ? control.selectedIndex > 0 : control.value.trim());
const isAnswered = (form) => [...form.querySelectorAll('[name=answer]')].some(says);
let clock = '';

const paintQuestion = (form) => {
  const link = links.find((one) => Number(one.dataset.go) === numberOf(form));
  const [answered, flagged] = [isAnswered(form), flagOf(form)];
  link.classList.toggle('navigator__link--answered', answered);
  link.classList.toggle('navigator__link--flagged', flagged);
  link.setAttribute('aria-label', [said('Question %(number)s', { number: numberOf(form) }), answered && said('answered'), flagged && said('flagged')].filter(Boolean).join(', '));
};

const savedLine = (count) => {
  if (!forms.length) return said('All answers saved, %(clock)s', { clock });
  if (!count) return said('Nothing answered yet, %(clock)s', { clock });
  return counted('%(count)s answer saved, %(clock)s', 'All %(count)s answers saved, %(clock)s', count, { clock });
};

const paintStatus = () => {
  const count = forms.filter(isAnswered).length;
  const line = find('save-text');
  find('save-status').classList.toggle('save-status--pending', sender.unsaved > 0);
  if (sender.unsaved) line.textContent = said('%(count)s not saved, keep this page open', { count: sender.unsaved });
  else if (clock) line.textContent = savedLine(count);
  if (forms.length) find('answered').textContent = said('%(count)s of %(all)s answered', { count, all: forms.length });
};

const say = (text) => {
  find('trouble').hidden = !text;
  find('trouble-text').textContent = text;
};

const TROUBLE = {
  offline: said('No connection. What you answer is kept here and saved as soon as the net is back.'),
  fault: said('Saving doesn’t work at the moment. What you answer is kept here; we try again by ourselves.'),
};

const readOnly = () => {
  const controls = '[data-question] [name=answer], [data-move], [data-flag], [data-hand-in-form] button';
  for (const control of document.querySelectorAll(controls)) control.disabled = true;
};

const sender = new Sender({
  attempt: root.dataset.exam,
  epoch: Number(root.dataset.epoch),
  responses: root.dataset.responses,
  submit: root.dataset.submit,
  csrfCookie: root.dataset.csrfCookie,
  digests: forms.length ? forms.map((form) => [numberOf(form), form.dataset.digest]) : JSON.parse(sessionStorage.getItem(digestsKey) ?? '[]'),
  on: {
    change: () => {
      if (forms.length) sessionStorage.setItem(digestsKey, JSON.stringify([...sender.acknowledged]));
      paintStatus();
    },
    sync: (reply) => {
      clock = reply.clock ?? clock;
      paintStatus();
      document.dispatchEvent(new CustomEvent('exam:sync', { detail: reply.remaining_ms }));
    },
    online: () => {
      find('signed-out').close();
      say('');
    },
    trouble: (why) => {
      const dialog = find('signed-out');
      if (why !== 'signed-out') dialog.close();
      else if (!dialog.open) dialog.showModal();
      say(TROUBLE[why] ?? '');
      paintStatus();
    },
    refused: (row) => say(said('The answer to question %(number)s could not be read. Choose it once more.', { number: row.item })),
    restore: (row) => {
      const form = formOf(row.item);
      if (!form) return;
      for (const control of form.querySelectorAll('[name=answer]')) {
        if (isBox(control)) control.checked = row.value.includes(control.value);
        else if (control.type === 'select-one') control.selectedIndex = Math.max(0, [...control.options].findIndex((one) => row.value.includes(one.value)));
        else control.value = row.value[0] ?? '';
      }
      form.querySelector('[data-flag]').setAttribute('aria-pressed', String(row.flagged));
      paintQuestion(form);
    },
    stopped: (why) => {
      readOnly();
      if (why === 'moved') find('moved').hidden = false;
      else if (why === 'closed') location.replace(root.dataset.result);
      else if (why === 'paused') location.replace(root.dataset.page + location.search);
      else say(said('This exam isn’t there any more.'));
    },
  },
});

const show = (item) => {
  for (const form of forms) form.hidden = numberOf(form) !== item;
  for (const link of links) link.removeAttribute('aria-current');
  links.find((link) => Number(link.dataset.go) === item).setAttribute('aria-current', 'step');
  history.replaceState(null, '', `?q=${item}`);
  document.title = document.title.replace(/\d+/, item);
  formOf(item).querySelector('.question__count').focus();
};

const save = (form, delay) => {
  if (sender.stopped) return;
  paintQuestion(form);
  sender.put(numberOf(form), valueOf(form), flagOf(form), { delay });
};

for (const form of forms) {
  let typingSince = 0;
  form.addEventListener('change', () => save(form, 400));
  form.addEventListener('input', ({ target }) => {
    if (isBox(target)) return;
    typingSince ||= performance.now();
    const long = performance.now() - typingSince > 8500;
    if (long) typingSince = 0;
    save(form, long ? 0 : 1500);
  });
}

/* Every button of a question submits its form, for pages without script; here nothing leaves the page. */
document.addEventListener('submit', (event) => {
  const form = event.target.closest('[data-question]');
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.hasAttribute('data-flag')) {
    button.setAttribute('aria-pressed', String(!flagOf(form)));
    save(form, 0);
  } else {
    sender.flush({ beat: Boolean(button?.hasAttribute('data-save')) });
    show(Number(button?.value ?? numberOf(form)));
  }
});

find('continue').addEventListener('submit', ({ target }) => {
  target.elements.client_id.value = sender.client;
  const shown = forms.find((form) => !form.hidden);
  if (shown) target.elements.q.value = shown.dataset.question;
});

for (const link of document.querySelectorAll('[data-to-hand-in], [data-leave]')) {
  link.addEventListener('click', async (event) => {
    if (!sender.unsaved) return;
    event.preventDefault();
    if (await sender.flush()) location.assign(link.href);
  });
}

find('try-again').addEventListener('click', () => sender.hurry());

const handIn = async () => {
  const reply = await sender.submit();
  if (reply?.code === 'digests-differ') {
    const named = reply.items.map((one) => one.item).join(', ');
    sessionStorage.removeItem(digestsKey);
    say(said('Not handed in: look at question %(number)s once more. What is saved there is not what you saw here.', { number: named }));
    setTimeout(() => location.assign(`${root.dataset.page}?q=${reply.items[0].item}`), 4000);
  } else if (!reply && !sender.stopped) {
    say(said('Not handed in yet. We try again; when time is up, what is saved is scored anyway.'));
    setTimeout(handIn, 3000);
  }
};

find('hand-in-form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  handIn();
});

document.addEventListener('exam:time-up', () => {
  readOnly();
  handIn();
});
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
addEventListener('beforeunload', (event) => { if (sender.unsaved && !sender.stopped) event.preventDefault(); });
