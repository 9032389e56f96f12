// The review pane: text or page, finding list, keys. Document text enters the page only through text nodes.
// Python hears numbered events in the state `log` and answers with `ack` and `refused`.
import { drawn, grid, layout, search, segments, step, unacknowledged } from './pure.js';

const CODES = [['confirmed', '应处理', '1'], ['redact', '脱敏', '2'], ['false_alarm', '误报', '3'], ['doubtful', '存疑', '4']];
const CODE_NAMES = Object.fromEntries(CODES.map(([code, name]) => [code, name]));
const NEEDS_NOTE = new Set(['false_alarm', 'doubtful']);
const LEVELS = [['crit', '严重'], ['high', '较高'], ['mid', '一般'], ['low', '提示']];
const EAGER_BLOCKS = 6000;
const SEND_AFTER = 120;

function el(tag, cls, ...children) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...children.filter(c => c != null && c !== '').map(c => (c instanceof Node ? c : document.createTextNode(String(c)))));
  return node;
}

function button(label, act, cls = 'ib', pressed = null) {
  const node = el('button', cls, label);
  node.type = 'button';
  node.onclick = event => { event.stopPropagation(); act(event); };
  if (pressed !== null) node.ariaPressed = String(pressed);
  return node;
}

class Pane {
  constructor(root) {
    this.root = root;
    this.wb = root.querySelector('.wb');
    for (const name of ['tb', 'rail', 'doc', 'pn', 'live']) this[name] = root.querySelector('.' + name);
    this.run = crypto.getRandomValues(new Uint32Array(2)).join('-');
    this.sequence = 0;
    this.key = null;
    this.doc.onclick = event => {
      const mark = event.target.closest('[data-f]');
      if (mark) this.select(+mark.dataset.f, false);
    };
  }

  update(data, setStateValue) {
    this.data = data;
    this.setStateValue = setStateValue;
    this.wb.style.setProperty('--trim', `${data.trim}px`);
    if (this.key !== data.key) { this.key = data.key; this.load(); return; }
    if (!this.model) return;
    this.events = unacknowledged(this.events, this.run, data.ack);
    for (const refusal of data.refused || []) this.undo(refusal);
    if (this.role !== data.mode) { this.role = data.mode; this.drawPanel(); this.drawToolbar(); if (this.current == null) this.selectFirst(); }
  }

  async load() {
    Object.assign(this, { model: null, events: [], sent: new Map(), levels: new Set(), onlyOpen: false, isMasked: false, firsts: new WeakSet(),
      zoom: 1, mode: 'text', current: null, message: '', marks: new Map(), want: null, place: 0, hits: [], needle: '' });
    this.doc.replaceChildren(el('p', 'wait', '正在打开文稿…'));
    const key = this.key;
    let answer;
    try {
      answer = await fetch(this.data.url, { credentials: 'same-origin', headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error((await answer.json()).message);
      const model = await answer.json();
      if (key !== this.key) return;
      this.model = model;
    } catch (error) {
      const text = answer && !answer.ok && error.message ? error.message : '文稿没有打开。请刷新页面；仍然打不开时请联系系统管理员。';
      this.doc.replaceChildren(el('p', 'wait', text));
      return;
    }
    this.verdicts = new Map(Object.entries(this.model.marks).map(([i, v]) => [+i, v]));
    this.findings = this.model.findings;
    this.bySection = new Map();
    for (const f of this.findings) if (f.sec != null) this.bySection.set(f.sec, [...(this.bySection.get(f.sec) || []), f]);
    this.drawToolbar(); this.drawRail(); this.drawDocument(); this.drawPanel();
    this.role = this.data.mode;
    if (this.role !== 'read') this.selectFirst();
  }

  selectFirst() {
    const first = this.findings.find(f => !this.verdicts.has(f.i)) || this.findings[0];
    if (first) this.select(first.i, this.data.mode === 'review');
  }

  // ---- what is listed, and moving in it

  list() {
    return this.findings.filter(f => (!this.levels.size || this.levels.has(f.sev)) && (!this.onlyOpen || !this.verdicts.has(f.i)));
  }

  move(by) {
    const ids = this.list().map(f => f.i);
    const at = step(ids, this.current, by, i => i > (this.current ?? -1));
    if (at >= 0) this.select(ids[at], true);
  }

  select(index, isScrolling) {
    const before = this.current;
    this.current = index; this.place = 0; this.want = null;
    for (const i of [before, index]) if (i != null) this.drawItem(i);
    for (const mark of this.marks.get(before) || []) mark.classList.remove('on', 'here');
    const finding = this.findings[index];
    if (finding.sec != null) this.fillSection(finding.sec);
    for (const mark of this.marks.get(index) || []) mark.classList.add('on');
    if (isScrolling) this.goToMark(0);
    this.showItem(index);
    this.drawToolbar();
    this.live.textContent = `${finding.name}，${finding.title}，${finding.where}`;
  }

  goToMark(at) {
    const finding = this.findings[this.current];
    if (finding.sec == null) return;
    const all = (this.marks.get(this.current) || []).filter(m => m.isConnected), beginnings = all.filter(m => this.firsts.has(m));
    const marks = beginnings.length ? beginnings : all;
    if (!marks.length) { this.goToSection(finding.sec); return; }
    this.place = (at + marks.length) % marks.length;
    marks.forEach((m, i) => m.classList.toggle('here', i === this.place && marks.length > 1));
    this.scrollTo(marks[this.place], 0.36);
  }

  // scrollIntoView would also move Streamlit's own containers
  scrollTo(node, at) {
    const table = (node.startContainer?.parentElement || node).closest?.('.tw');
    const place = () => {
      if (table) {
        const cell = node.getBoundingClientRect(), seen = table.getBoundingClientRect();
        if (cell.left < seen.left || cell.right > seen.right) table.scrollLeft += cell.left - seen.left - seen.width / 3;
      }
      const a = node.getBoundingClientRect(), b = this.doc.getBoundingClientRect();
      this.doc.scrollTop += a.top - b.top - b.height * at;
    };
    place();
    requestAnimationFrame(() => { place(); requestAnimationFrame(place); });
  }

  goToSection(number) {
    this.fillSection(number);
    const node = this.doc.querySelector(`[data-s="${number}"]`);
    if (node) this.scrollTo(node, 0.02);
  }

  // ---- toolbar and rail

  drawToolbar() {
    const bar = this.tb; bar.textContent = '';
    if (this.model.pictures) {
      const seg = el('div', 'seg'); seg.role = 'group'; seg.ariaLabel = '显示方式';
      for (const [mode, label] of [['text', '文字'], ['page', '版面']]) seg.append(button(label, () => this.setMode(mode), '', this.mode === mode));
      bar.append(seg);
    } else bar.append(el('span', 'pos strong', '文字'));
    this.position = el('span', 'pos'); this.drawPosition();
    const zoom = el('span', 'nav');
    const smaller = button('−', () => this.setZoom(-0.1)), larger = button('+', () => this.setZoom(0.1));
    smaller.ariaLabel = '缩小'; larger.ariaLabel = '放大';
    zoom.append(smaller, el('span', 'pos', Math.round(this.zoom * 100) + '%'), larger);
    const ids = this.list().map(f => f.i), at = ids.indexOf(this.current);
    const nav = el('span', 'nav'), count = el('span', 'pos');
    count.append('问题 ', el('b', '', at < 0 ? '–' : at + 1), ' / ' + ids.length);
    const previous = button('上一处', () => this.move(-1)), next = button('下一处', () => this.move(1));
    previous.append(el('kbd', '', 'K')); next.append(el('kbd', '', 'J'));
    nav.append(previous, count, next);
    bar.append(this.position, zoom, el('span', 'sp'), nav, el('span', 'sp'));
    if (this.data.mode === 'review') bar.append(button('脱敏预览', () => this.toggleMask(), 'ib', this.isMasked));
    bar.append(this.findBox());
  }

  findBox() {
    const box = el('span', 'nav'), input = el('input', 'find'), count = el('span', 'pos');
    input.placeholder = '文内查找'; input.ariaLabel = '文内查找'; input.value = this.needle;
    const show = () => { count.textContent = this.needle ? (this.hits.length ? `${this.hit + 1} / ${this.hits.length}` : '无') : ''; };
    input.oninput = () => { this.needle = input.value.trim(); this.find(0); show(); };
    input.onkeydown = event => {
      if (event.isComposing) return;
      if (event.key === 'Enter') { this.find(event.shiftKey ? this.hit - 1 : this.hit + 1); show(); event.preventDefault(); }
      if (event.key === 'Escape') { input.value = this.needle = ''; this.find(0); show(); input.blur(); }
    };
    show();
    box.append(input, count);
    return box;
  }

  drawPosition() {
    const section = this.model.sections[this.visible || 0];
    this.position.textContent = '';
    if (!section) return;
    const total = this.model.sections.filter(other => !this.model.paged || other.page).length;
    this.position.append(el('b', '', section.label), ` / ${total} ${this.model.paged ? '页' : '段'}`);
  }

  setMode(mode) {
    this.mode = mode;
    this.drawToolbar(); this.drawDocument();
    if (this.current != null) this.select(this.current, true);
  }

  setZoom(by) {
    this.zoom = Math.max(0.6, Math.min(1.8, this.zoom + by));
    this.doc.style.setProperty('--z', this.zoom);
    this.drawToolbar();
  }

  toggleMask() {
    this.isMasked = !this.isMasked;
    this.doc.classList.toggle('masked', this.isMasked);
    this.drawToolbar();
  }

  drawRail() {
    this.rail.textContent = '';
    const order = LEVELS.map(([level]) => level);
    this.model.sections.forEach((section, number) => {
      const found = this.bySection.get(number) || [], ticks = el('span', 'tk');
      [...found].sort((a, b) => order.indexOf(a.sev) - order.indexOf(b.sev)).slice(0, 6).forEach(f => ticks.append(el('i', f.sev)));
      const label = section.page || (this.model.paged ? '附' : number + 1);
      const node = button(el('span', '', label), () => this.goToSection(number), '');
      node.append(ticks); node.dataset.n = number; node.ariaLabel = `${section.label}，${found.length} 处问题`;
      this.rail.append(node);
    });
  }

  // ---- the document

  drawDocument() {
    this.doc.textContent = ''; this.marks = new Map();
    this.doc.style.setProperty('--z', this.zoom);
    this.watch?.disconnect();
    this.watch = new IntersectionObserver(entries => this.seen(entries), { root: this.doc, rootMargin: '-30% 0px -65% 0px' });
    this.near?.disconnect();
    this.near = new IntersectionObserver(entries => {
      for (const entry of entries) if (entry.isIntersecting) this.fillSection(+entry.target.dataset.s);
    }, { root: this.doc, rootMargin: '1600px 0px' });
    this.doc.append(...this.banners());
    const total = this.model.sections.reduce((sum, section) => sum + section.blocks.length, 0);
    this.model.sections.forEach((section, number) => {
      const node = el('section', 'pg ' + (this.mode === 'text' ? 'tx' : 'im')); node.dataset.s = number; node.ariaLabel = section.label;
      if (this.mode === 'page' && section.page && section.part == null) node.style.aspectRatio = section.width / section.height;
      this.doc.append(node);
      this.watch.observe(node);
      if (this.mode === 'text' && total <= EAGER_BLOCKS) this.fillSection(number);
      else {
        if (this.mode === 'text') node.style.minHeight = Math.max(200, section.blocks.length * 12) + 'px';
        this.near.observe(node);
      }
    });
    if (!this.model.sections.length) this.doc.append(el('p', 'wait', '没有读出文字。未读出不等于没有问题，须由人工查看原件。'));
  }

  banners() {
    const found = [];
    if (this.model.gaps.length) {
      const box = el('div', 'gap', el('strong', '', `未能检查 ${this.model.gaps.length} 处`), '：以下内容没有读出，不能视为没有问题，须由人工查看原件。');
      const list = el('ul');
      this.model.gaps.slice(0, 50).forEach(gap => list.append(el('li', '', gap)));
      if (this.model.gaps.length > 50) list.append(el('li', '', `另有 ${this.model.gaps.length - 50} 处`));
      box.append(list); found.push(box);
    }
    if (this.model.remarks.length) found.push(el('div', 'rem', this.model.remarks.join('；')));
    return found;
  }

  seen(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      this.visible = +entry.target.dataset.s; this.drawPosition();
      this.rail.querySelector('[aria-current]')?.removeAttribute('aria-current');
      const node = this.rail.querySelector(`[data-n="${this.visible}"]`);
      if (!node) continue;
      node.setAttribute('aria-current', 'true');
      const { offsetTop: top } = node;
      if (top < this.rail.scrollTop || top > this.rail.scrollTop + this.rail.clientHeight - 40) this.rail.scrollTop = top - this.rail.clientHeight / 2;
    }
  }

  fillSection(number) {
    const node = this.doc.querySelector(`[data-s="${number}"]`);
    if (!node || node.dataset.full) return;
    node.dataset.full = '1'; node.style.minHeight = '';
    this.near.unobserve(node);
    const section = this.model.sections[number];
    if (this.mode === 'page' && section.page && section.part == null) this.fillPicture(node, section);
    else this.fillText(node, section);
    const ids = new Set((this.bySection.get(number) || []).map(f => f.i));
    node.querySelectorAll('[data-f]').forEach(mark => ids.add(+mark.dataset.f));
    ids.forEach(i => this.paint(i));
    for (const mark of this.marks.get(this.current) || []) mark.classList.add('on');
  }

  fillText(node, section) {
    node.classList.remove('im'); node.classList.add('tx');
    if (!section.blocks.length) node.append(el('p', 'wait', '本页没有读出文字。'));
    node.classList.toggle('wide', section.blocks.some(block => block.cell && block.cell[2] > 4));
    for (const part of layout(section.blocks)) {
      if (part.block != null) node.append(this.blockNode(section.blocks[part.block], part.block));
      else node.append(...this.tableNodes(part, section.blocks));
    }
    node.append(el('div', 'pn0', section.label));
  }

  blockNode(block, index) {
    const cls = { heading: 'hd', paragraph: this.model.indent && !/^[\s　]/.test(block.t) ? 'in' : '' }[block.k] ?? '';
    const text = el(block.k === 'heading' ? 'h3' : 'p', cls); text.dataset.b = index;
    this.fillMarked(text, block);
    if (block.c) return el('div', 'un', el('span', 'tag', '隐藏内容 · ' + block.c), el('small', '', block.l), text);
    if (block.n) return el('div', 'side', el('span', 'tag', block.n), text);
    return text;
  }

  tableNodes(part, blocks) {
    const table = el('table'), body = el('tbody'), found = [], hidden = new Set();
    const { rows } = grid(part, blocks);
    for (const cells of rows) {
      const row = el('tr');
      for (const { at, gap, span, rows: down } of cells) {
        if (gap) { const empty = el('td', 'mt0'); empty.colSpan = gap; row.append(empty); continue; }
        const block = blocks[at], cell = el('td', block.c ? 'hid' : ''); cell.dataset.b = at;
        if (span > 1) cell.colSpan = span;
        if (down > 1) cell.rowSpan = down;
        if (block.c) { hidden.add(block.c); cell.title = '隐藏内容：' + block.c; }
        this.fillMarked(cell, block);
        row.append(cell);
      }
      body.append(row);
    }
    table.append(body);
    for (const reason of hidden) found.push(el('span', 'tag out', '隐藏内容 · ' + reason));
    found.push(el('div', 'tw', table));
    return found;
  }

  fillMarked(node, block) {
    const whole = drawn(block.t, this.model.paged);
    for (const [start, end, ids] of segments(whole.length, block.m)) {
      const text = whole.slice(start, end);
      if (!ids.length) { node.append(text); continue; }
      const order = LEVELS.map(([level]) => level);
      const shown = ids.map(i => this.findings[i]).sort((a, b) => order.indexOf(a.sev) - order.indexOf(b.sev) || a.i - b.i);
      const mark = el('mark', shown[0].sev, text);
      mark.dataset.f = shown[0].i; mark.title = shown.map(f => `${f.name}·${f.title}`).join('；');
      if (end < endOf(block.m, shown[0].i, start)) mark.classList.add('part');
      for (const f of shown) this.remember(f.i, mark);
      if (block.m.some(([from, , i, isContinued]) => from === start && i === shown[0].i && !isContinued)) this.firsts.add(mark);
      node.append(mark);
    }
  }

  fillPicture(node, section) {
    const image = el('img'); image.loading = 'lazy'; image.decoding = 'async'; image.alt = section.label + '版面';
    image.src = this.data.page.replace('{n}', section.page);
    image.onerror = () => { node.style.aspectRatio = ''; node.textContent = ''; this.fillText(node, section); };
    node.append(image);
    for (const f of this.findings) {
      for (const [page, part, left, top, width, height] of f.boxes) {
        if (page !== section.page || part !== -1) continue;
        const box = el('button', 'bx ' + f.sev); box.type = 'button'; box.dataset.f = f.i; box.title = `${f.name}·${f.title}`; box.ariaLabel = box.title;
        Object.assign(box.style, { left: `calc(${left * 100}% - 2px)`, top: `calc(${top * 100}% - 2px)`, width: `calc(${width * 100}% + 4px)`, height: `calc(${height * 100}% + 4px)` });
        this.remember(f.i, box); node.append(box);
      }
    }
  }

  remember(index, node) {
    if (!this.marks.has(index)) this.marks.set(index, []);
    this.marks.get(index).push(node);
  }

  paint(index) {
    const code = this.verdicts.get(index)?.code;
    for (const mark of this.marks.get(index) || []) {
      if (+mark.dataset.f !== index) continue;
      for (const [other] of CODES) mark.classList.toggle('v-' + other, other === code);
    }
  }

  find(at) {
    if (!window.CSS?.highlights) return;
    CSS.highlights.delete('review-find');
    if (at === 0 || !this.hits.length) this.hits = search(this.model.sections, this.needle, this.model.paged);
    if (!this.hits.length) return;
    this.hit = (at + this.hits.length) % this.hits.length;
    if (this.mode !== 'text') this.setMode('text');
    const [section, block, start, length] = this.hits[this.hit];
    this.fillSection(section);
    const node = this.doc.querySelector(`[data-s="${section}"] [data-b="${block}"]`);
    const range = node && rangeOf(node, start, length);
    if (!range) return;
    CSS.highlights.set('review-find', new Highlight(range));
    this.scrollTo(range, 0.36);
  }

  // ---- the list

  drawPanel() {
    const head = el('div', 'ph'), title = el('h2', '', this.data.mode === 'advice' ? '检查结果' : '问题清单');
    this.counter = el('span', ''); title.append(this.counter); this.drawCounter();
    if (this.data.mode === 'advice') title.append(button('复制修改意见', event => this.copyAdvice(event.currentTarget), 'ch'));
    else title.append(button('仅未处置', () => { this.onlyOpen = !this.onlyOpen; this.drawPanel(); this.drawToolbar(); }, 'ch', this.onlyOpen));
    const chips = el('div', 'fl');
    for (const [level, name] of LEVELS) {
      const chip = button('', () => { this.levels.has(level) ? this.levels.delete(level) : this.levels.add(level); this.drawPanel(); this.drawToolbar(); }, 'ch', this.levels.has(level));
      chip.append(el('i', 'dot ' + level), name, el('span', 'n', this.findings.filter(f => f.sev === level).length));
      chips.append(chip);
    }
    head.append(title, chips);
    if (this.message) { const note = el('div', 'msg', this.message); note.role = 'alert'; head.append(note); }
    const items = el('div', 'ls'); items.role = 'list';
    this.ls = items; this.items = new Map();
    for (const f of this.list()) {
      const item = el('div', 'it'); item.dataset.f = f.i; item.role = 'listitem';
      this.items.set(f.i, item); items.append(item); this.drawItem(f.i);
    }
    if (!items.childElementCount) items.append(el('div', 'none', this.findings.length ? '没有符合条件的问题' : this.nothingFound()));
    this.pn.replaceChildren(head, items);
    if (this.current != null) this.showItem(this.current);
  }

  nothingFound() {
    return this.model.gaps.length ? '读出的部分没有发现问题；未能检查的部分须由人工查看。' : '没有发现问题。机器只提出意见，是否公开由有权的人决定。';
  }

  drawCounter() {
    const total = this.findings.length;
    this.counter.textContent = this.data.mode === 'advice' ? `${total} 处` : `已处置 ${this.verdicts.size} / ${total}`;
  }

  drawItem(index) {
    const item = this.items?.get(index);
    if (!item) return;
    const f = this.findings[index], verdict = this.verdicts.get(index), isOpen = this.current === index;
    item.textContent = '';
    item.className = 'it' + (isOpen ? ' on' : '') + (verdict ? ' done' : '');
    const name = el('div', 'nm', f.title);
    if (f.count > 1) name.append(el('small', '', `${f.count} 处`));
    if (f.hidden) name.append(el('span', 'tag', '隐藏内容'));
    if (f.trial) name.append(el('span', 'tag', '试行规则'));
    const meta = el('div', 'mt', verdict ? el('span', 'vd ' + verdict.code, CODE_NAMES[verdict.code]) : null);
    const [before, hit, after] = f.context;
    item.append(el('div', 'sv ' + f.sev, f.name), name, meta, el('div', 'wh', f.where));
    if (hit) item.append(el('div', 'ex', before, el('b', '', hit), after));
    if (isOpen) item.append(this.details(f, verdict));
    item.onclick = () => this.select(index, true);
  }

  details(f, verdict) {
    const box = el('div', 'dt'), list = el('dl');
    const row = (term, ...value) => list.append(el('dt', '', term), el('dd', '', ...value));
    if (this.data.mode === 'advice') box.append(el('p', 'adv', f.advice));
    if (f.why) row('理由', f.why);
    if (f.basis) row('依据', f.basis);
    row('建议', f.act);
    f.notes.forEach(note => row('说明', note));
    row('规则', el('code', '', f.rule), ` 第 ${f.version} 版`);
    if (verdict?.note && this.data.mode === 'read') row('处置', verdict.note);
    box.append(list);
    if ((this.marks.get(f.i) || []).length > 1 && f.count > 1) {
      const places = el('div', 'sm');
      places.append(`本条共 ${f.count} 处 `, button('下一个位置', () => this.goToMark(this.place + 1), ''), el('kbd', '', 'N'));
      box.append(places);
    }
    if (this.data.mode === 'review') this.addVerdicts(box, f, verdict);
    return box;
  }

  addVerdicts(box, f, verdict) {
    const actions = el('div', 'ac');
    for (const [code, name, key] of CODES) {
      const node = button(name, () => this.dispose(code), '', verdict?.code === code || this.want?.code === code);
      node.append(el('kbd', '', key)); actions.append(node);
    }
    box.append(actions);
    const same = this.findings.filter(x => x.rule === f.rule && x.i !== f.i && !this.verdicts.has(x.i));
    if (same.length) {
      const more = el('div', 'sm', `同规则另有 ${same.length} 处未处置`);
      const all = button('一并按此处置', () => this.dispose(verdict.code, [f.i, ...same.map(x => x.i)]), '');
      all.disabled = !verdict; all.title = verdict ? '' : '请先处置本条';
      more.append(all); box.append(more);
    }
    const note = el('input', 'nt'); note.placeholder = '处置说明（误报、存疑时必填）'; note.ariaLabel = '处置说明'; note.maxLength = 500;
    note.value = verdict?.note || ''; note.onclick = event => event.stopPropagation();
    note.onkeydown = event => {
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      const code = this.want?.code || this.verdicts.get(f.i)?.code;
      if (code) this.dispose(code, this.want?.ids);
    };
    box.append(note); this.noteBox = note;
    if (this.want) {
      box.append(el('div', 'ask', `“${CODE_NAMES[this.want.code]}”须写明理由，填写后按回车。`));
      const quick = el('div', 'qk');
      for (const reason of this.data.reasons?.[this.want.code] || []) quick.append(button(reason, () => { note.value = reason; this.dispose(this.want.code, this.want.ids); }, 'ch'));
      box.append(quick);
    }
  }

  showItem(index) {
    const item = this.items?.get(index);
    if (!item) return;
    const top = item.offsetTop, height = item.offsetHeight, seen = this.ls.scrollTop;
    if (top < seen || top + height > seen + this.ls.clientHeight) this.ls.scrollTop = top;
  }

  // ---- verdicts

  dispose(code, ids = null) {
    if (this.current == null || this.data.mode !== 'review') return;
    const chosen = ids || [this.current];
    const note = (this.noteBox?.value || '').trim();
    if (NEEDS_NOTE.has(code) && !note) {
      this.want = { code, ids };
      this.drawItem(this.current); this.showItem(this.current); this.noteBox.focus();
      return;
    }
    this.want = null; this.message = '';
    const number = ++this.sequence;
    this.sent.set(number, chosen.map(i => [i, this.verdicts.get(i)]));
    for (const i of chosen) { this.verdicts.set(i, { code, note }); this.paint(i); this.drawItem(i); }
    this.events.push({ n: number, ids: chosen, code, note });
    this.send();
    this.drawCounter();
    this.noteBox?.blur();
    const open = this.findings.filter(f => !this.verdicts.has(f.i) && (!this.levels.size || this.levels.has(f.sev)));
    const next = open.find(f => f.i > this.current) || open[0];
    if (next) this.select(next.i, true); else this.drawToolbar();
  }

  // At once; a burst of keys is sent together.
  send() {
    this.isDirty = true;
    if (this.timer) return;
    const now = () => {
      this.timer = null;
      if (!this.isDirty) return;
      this.isDirty = false;
      this.setStateValue('log', { run: this.run, key: this.key, events: [...this.events] });
      this.timer = setTimeout(now, SEND_AFTER);
    };
    now();
  }

  undo(refusal) {
    const before = refusal.run === this.run && this.sent.get(refusal.n);
    if (!before) return;
    this.sent.delete(refusal.n);
    for (const [i, verdict] of before) { verdict ? this.verdicts.set(i, verdict) : this.verdicts.delete(i); this.paint(i); }
    this.message = refusal.text;
    this.drawPanel();
  }

  copyAdvice(node) {
    const lines = this.findings.map((f, at) => `${at + 1}. ${f.advice}`).concat(this.model.gaps.map(gap => `未能检查：${gap}`));
    copy(lines.join('\n')).then(isDone => { node.textContent = isDone ? '已复制' : '复制不了，请手工选取'; setTimeout(() => { node.textContent = '复制修改意见'; }, 2500); });
  }

  // ---- keys

  onKey(event) {
    const at = event.composedPath()[0];
    if (!this.model || !this.wb.isConnected || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/INPUT|TEXTAREA|SELECT/.test(at.tagName || '') || at.isContentEditable || document.querySelector('[role=dialog]')) return;
    const key = event.key.toLowerCase(), isVerdict = '1234'.includes(key) && key.length === 1;
    if (key === 'j') this.move(1);
    else if (key === 'k') this.move(-1);
    else if (key === 'n' && this.current != null) this.goToMark(this.place + 1);
    else if (isVerdict && this.data.mode === 'review') this.dispose(CODES[+key - 1][0]);
    else if (key === 'v' && this.model.pictures) this.setMode(this.mode === 'text' ? 'page' : 'text');
    else if (key === 'u' && this.data.mode !== 'advice') { this.onlyOpen = !this.onlyOpen; this.drawPanel(); this.drawToolbar(); }
    else if (key === 'm' && this.data.mode === 'review') this.toggleMask();
    else if (key === '/') this.tb.querySelector('.find').focus();
    else return;
    event.preventDefault();
  }
}

// Where the place of this finding that holds `at` ends: only its last piece carries the tick.
function endOf(marks, finding, at) {
  return Math.max(...marks.filter(([start, end, i]) => i === finding && start <= at && at < end).map(([, end]) => end));
}

function rangeOf(node, start, length) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), range = new Range();
  let passed = 0, text, isStarted = false;
  while ((text = walker.nextNode())) {
    const end = passed + text.data.length;
    if (!isStarted && start < end) { range.setStart(text, start - passed); isStarted = true; }
    if (isStarted && start + length <= end) { range.setEnd(text, start + length - passed); return range; }
    passed = end;
  }
  return null;
}

// The clipboard API exists only on https and localhost; a department LAN often has neither.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* the old way follows */ }
  }
  const area = el('textarea'); area.value = text; area.style.position = 'fixed'; area.style.opacity = '0';
  document.body.append(area); area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}

export default function ({ data, parentElement, setStateValue }) {
  const pane = parentElement.reviewPane || (parentElement.reviewPane = new Pane(parentElement));
  pane.update(data, setStateValue);
  // This function runs again on every change of `data` without the clean-up of the run before: drop the old listeners here.
  // The guard asks before a page is left with verdicts that the server has not acknowledged.
  if (pane.listener) document.removeEventListener('keydown', pane.listener);
  if (pane.guard) window.removeEventListener('beforeunload', pane.guard);
  pane.listener = event => pane.onKey(event);
  pane.guard = event => { if (pane.events?.length && pane.wb.isConnected) event.preventDefault(); };
  document.addEventListener('keydown', pane.listener);
  window.addEventListener('beforeunload', pane.guard);
  return () => {
    document.removeEventListener('keydown', pane.listener);
    window.removeEventListener('beforeunload', pane.guard);
    pane.listener = pane.guard = null;
  };
}
