/* The runtime that packages speak to (SCORM 1.2: `API`, SCORM 2004: `API_1484_11`). It runs beside the package on the content
   host, so nothing here is trusted: what it tells the lesson's page is checked there, and once more by the server. */
const setting = JSON.parse(document.getElementById('setting').textContent);
const stage = document.getElementById('stage');
const is12 = setting.version === '1.2';
const oneOf = (...words) => (value) => words.includes(value);
const upTo = (most) => (value) => value.length <= most;
const number = (low, high) => (value) => /^-?\d{1,9}(\.\d{1,7})?$/.test(value) && Number(value) >= low && Number(value) <= high;
const orEmpty = (check) => (value) => value === '' || check(value);
const TIME = is12
  ? /^\d{2,4}:[0-5]\d:[0-5]\d(\.\d{1,2})?$/
  : /^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,5}D)?(T(?=.)(\d{1,6}H)?(\d{1,6}M)?(\d{1,8}(\.\d{1,2})?S)?)?$/;
const time = (value) => TIME.test(value);
const WRITE = is12
  ? {
      'cmi.core.lesson_status': oneOf('passed', 'completed', 'failed', 'incomplete', 'browsed'),
      'cmi.core.lesson_location': upTo(255), 'cmi.core.exit': oneOf('time-out', 'suspend', 'logout', ''),
      'cmi.core.score.raw': orEmpty(number(0, 100)), 'cmi.core.score.min': orEmpty(number(0, 100)), 'cmi.core.score.max': orEmpty(number(0, 100)),
      'cmi.core.session_time': time, 'cmi.suspend_data': upTo(4096), 'cmi.comments': upTo(4096),
    }
  : {
      'cmi.completion_status': oneOf('completed', 'incomplete', 'not attempted', 'unknown'), 'cmi.success_status': oneOf('passed', 'failed', 'unknown'),
      'cmi.location': upTo(1000), 'cmi.exit': oneOf('time-out', 'suspend', 'logout', 'normal', ''), 'cmi.score.scaled': number(-1, 1),
      'cmi.score.raw': number(-1e9, 1e9), 'cmi.score.min': number(-1e9, 1e9), 'cmi.score.max': number(-1e9, 1e9),
      'cmi.progress_measure': number(0, 1), 'cmi.session_time': time, 'cmi.suspend_data': upTo(64000),
    };
const WRITE_ONLY = new Set(is12 ? ['cmi.core.session_time', 'cmi.core.exit'] : ['cmi.session_time', 'cmi.exit']);
const LISTED = /^cmi\.(objectives|interactions)\.(\d{1,3})\.[a-z_]+(\.[a-z_]+)?(\.\d{1,2}\.[a-z_]+)?$/;
const LISTS = {
  'cmi.objectives._children': is12 ? 'id,score,status' : 'id,score,success_status,completion_status,progress_measure,description',
  'cmi.interactions._children': 'id,type,objectives,timestamp,correct_responses,weighting,learner_response,result,latency,description',
  ...(is12
    ? { 'cmi.core._children': 'student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,exit,session_time', 'cmi.core.score._children': 'raw,min,max' }
    : { 'cmi._version': '1.0', 'cmi.score._children': 'scaled,raw,min,max' }),
};
const CODES = is12
  ? { type: '405', readOnly: '403', writeOnly: '404', unknown: '201', early: '301', late: '301', twice: '101', noChildren: '202' }
  : { type: '406', readOnly: '404', writeOnly: '405', unknown: '401', early: '122', late: '123', twice: '103', range: '407', unset: '403' };
const WORDS = {
  0: 'No error', 101: 'General exception', 103: 'Already initialized', 104: 'Content instance terminated', 112: 'Termination before initialization',
  113: 'Termination after termination', 122: 'Retrieve data before initialization', 123: 'Retrieve data after termination',
  132: 'Store data before initialization', 133: 'Store data after termination', 142: 'Commit before initialization', 143: 'Commit after termination',
  201: is12 ? 'Invalid argument error' : 'General argument error', 202: 'Element cannot have children', 301: is12 ? 'Not initialized' : 'General get failure',
  351: 'General set failure', 401: is12 ? 'Not implemented error' : 'Undefined data model element', 402: 'Invalid set value, element is a keyword',
  403: is12 ? 'Element is read only' : 'Data model element value not initialized', 404: is12 ? 'Element is write only' : 'Data model element is read only',
  405: is12 ? 'Incorrect data type' : 'Data model element is write only', 406: 'Data model element type mismatch', 407: 'Data model element value out of range',
};

class Runtime {
  constructor(item, state) {
    this.item = item;
    this.state = 'new';
    this.error = '0';
    this.given = { ...state.given, ...LISTS };
    this.values = { ...state.values };
    this.session = crypto.randomUUID();
  }

  fail(code) { this.error = code; return 'false'; }

  initialize(argument) {
    if (argument !== '') return this.fail('201');
    if (this.state === 'open') return this.fail(CODES.twice);
    if (this.state === 'over' && !is12) return this.fail('104');
    this.state = 'open';
    this.error = '0';
    this.send('begin');
    return 'true';
  }

  terminate(argument) {
    if (argument !== '') return this.fail('201');
    if (this.state !== 'open') return this.fail(is12 ? '301' : this.state === 'new' ? '112' : '113');
    if (is12 && !this.values['cmi.core.lesson_status']) this.values['cmi.core.lesson_status'] = 'completed';
    this.judge();
    this.send('finish');
    this.state = 'over';
    this.error = '0';
    return 'true';
  }

  judge() {
    const raw = this.values['cmi.core.score.raw'];
    const mastery = Number(this.item.mastery);
    if (is12 && this.item.mastery && raw && !Number.isNaN(mastery)) {
      this.values['cmi.core.lesson_status'] = Number(raw) >= mastery ? 'passed' : 'failed';
    }
  }

  commit(argument) {
    if (argument !== '') return this.fail('201');
    if (this.state !== 'open') return this.fail(is12 ? '301' : this.state === 'new' ? '142' : '143');
    this.send('commit');
    this.error = '0';
    return 'true';
  }

  get(name) {
    name = String(name);
    if (this.state !== 'open') { this.error = is12 ? '301' : this.state === 'new' ? '122' : '123'; return ''; }
    this.error = '0';
    if (WRITE_ONLY.has(name)) { this.error = CODES.writeOnly; return ''; }
    const count = name.match(/^cmi\.(objectives|interactions)\._count$/);
    if (count) return String(this.count(count[1]));
    if (name in this.values) return this.values[name];
    if (name in this.given) return this.given[name];
    if (name in WRITE || LISTED.test(name)) {
      if (!is12) this.error = CODES.unset;
      return '';
    }
    this.error = CODES.unknown;
    return '';
  }

  count(list) {
    const places = Object.keys(this.values).filter((name) => name.startsWith(`cmi.${list}.`)).map((name) => Number(name.split('.')[2]));
    return places.length ? Math.max(...places) + 1 : 0;
  }

  set(name, value) {
    name = String(name);
    value = String(value);
    if (this.state !== 'open') return this.fail(is12 ? '301' : this.state === 'new' ? '132' : '133');
    if (name in WRITE) {
      if (!WRITE[name](value)) return this.fail(!is12 && /^-?[\d.]+$/.test(value) && /score|progress/.test(name) ? '407' : CODES.type);
    } else if (LISTED.test(name)) {
      const [, list, place] = name.split('.');
      if (Number(place) > this.count(list)) return this.fail(is12 ? '201' : '351');
      if (value.length > 4000) return this.fail(CODES.type);
    } else {
      if (/\._(children|count|version)$/.test(name)) return this.fail(is12 ? '402' : '404');
      return this.fail(name in this.given ? CODES.readOnly : CODES.unknown);
    }
    this.values[name] = value;
    this.error = '0';
    return 'true';
  }

  send(kind) {
    window.parent.postMessage({ about: 'package', kind, item: this.item.identifier, session: this.session, values: this.values }, setting.portal);
  }
}

let runtime = null;

function adapter(names) {
  const [initialize, terminate, get, set, commit, last, words, diagnostic] = names;
  return {
    [initialize]: (one = '') => runtime.initialize(one), [terminate]: (one = '') => runtime.terminate(one),
    [get]: (name) => runtime.get(name), [set]: (name, value) => runtime.set(name, value), [commit]: (one = '') => runtime.commit(one),
    [last]: () => runtime.error, [words]: (code) => WORDS[code] || '', [diagnostic]: (code) => WORDS[code || runtime.error] || '',
  };
}

if (is12) {
  window.API = adapter(['LMSInitialize', 'LMSFinish', 'LMSGetValue', 'LMSSetValue', 'LMSCommit', 'LMSGetLastError', 'LMSGetErrorString', 'LMSGetDiagnostic']);
} else {
  window.API_1484_11 = adapter(['Initialize', 'Terminate', 'GetValue', 'SetValue', 'Commit', 'GetLastError', 'GetErrorString', 'GetDiagnostic']);
}

function open(identifier, states) {
  const item = setting.items.find((one) => one.identifier === identifier);
  if (runtime && runtime.state === 'open') runtime.terminate('');
  runtime = new Runtime(item, states[identifier]);
  for (const button of document.querySelectorAll('[data-item]')) button.setAttribute('aria-current', String(button.dataset.item === identifier));
  stage.title = item.title;
  stage.src = item.address;
  if (!item.tells) {
    runtime.values = is12 ? { 'cmi.core.lesson_status': 'completed' } : { 'cmi.completion_status': 'completed' };
    runtime.send('finish');
  }
}

let states = null;
window.addEventListener('message', (event) => {
  if (event.source !== window.parent || event.origin !== setting.portal || event.data?.about !== 'package') return;
  if (event.data.kind === 'state' && !states) {
    states = event.data.states;
    open(setting.items.find((one) => !states[one.identifier].is_done)?.identifier || setting.items[0].identifier, states);
  }
});
for (const button of document.querySelectorAll('[data-item]')) {
  button.addEventListener('click', () => {
    if (states && runtime.item.identifier !== button.dataset.item) {
      states[runtime.item.identifier].values = runtime.values;
      open(button.dataset.item, states);
    }
  });
}
window.addEventListener('pagehide', () => { if (runtime && runtime.state === 'open') runtime.send('commit'); });
window.parent.postMessage({ about: 'package', kind: 'ready' }, setting.portal);
