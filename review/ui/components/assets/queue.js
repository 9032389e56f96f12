// The list of cases: one table, J/K/Enter/X. Titles are text of strangers: text nodes only.
const LEVELS = [['crit', '严重'], ['high', '较高'], ['mid', '一般'], ['low', '提示']];

function el(tag, cls, ...children) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...children.filter(c => c != null && c !== '').map(c => (c instanceof Node ? c : document.createTextNode(String(c)))));
  return node;
}

class Queue {
  constructor(root) {
    this.box = root.querySelector('.q');
    this.at = 0;
    this.chosen = new Set();
    this.sequence = Date.now();
  }

  update(data, setTriggerValue) {
    this.data = data;
    this.send = (kind, ids) => setTriggerValue('act', { n: ++this.sequence, kind, ids });
    const ids = new Set(data.rows.map(row => row.id));
    this.chosen = new Set([...this.chosen].filter(id => ids.has(id)));
    this.at = Math.max(0, Math.min(this.at, data.rows.length - 1));
    this.draw();
  }

  draw() {
    this.box.textContent = '';
    if (!this.data.rows.length) { this.box.append(el('div', 'empty', this.data.empty)); return; }
    const table = el('table'), head = el('tr'), body = el('tbody');
    const titles = ['文稿', '来文单位', '问题分布（严重 / 较高 / 一般 / 提示）', '页数', '拟公开渠道', '办理时限', '状态', '审查人'];
    if (this.data.claim) titles.unshift('');
    titles.forEach(title => { const th = el('th', title === '页数' ? 'n' : '', title); th.scope = 'col'; head.append(th); });
    this.data.rows.forEach((row, i) => body.append(this.row(row, i)));
    const thead = el('thead'); thead.append(head);
    table.append(thead, body);
    this.body = body;
    this.box.append(table, this.foot());
  }

  row(row, i) {
    const tr = el('tr', i === this.at ? 'cur' : '');
    tr.tabIndex = i === this.at ? 0 : -1;
    if (this.data.claim) {
      const box = el('input'); box.type = 'checkbox'; box.checked = this.chosen.has(row.id); box.ariaLabel = '选择 ' + row.title;
      box.onclick = event => { event.stopPropagation(); box.checked ? this.chosen.add(row.id) : this.chosen.delete(row.id); this.drawFoot(); };
      tr.append(el('td', '', box));
    }
    const title = el('div', 't', row.title), meta = el('div', 'm'); title.title = row.title;
    row.meta.forEach((part, at) => meta.append(at ? el('i', '', '|') : '', part));
    const levels = el('span', 's');
    LEVELS.forEach(([level, name], at) => { const n = el('b', row.counts[at] ? level : 'z', row.counts[at]); n.ariaLabel = `${name} ${row.counts[at]}`; n.title = n.ariaLabel; levels.append(n); });
    const found = el('td', '', levels);
    if (row.gaps) { const gap = el('span', 'gp', `未能检查 ${row.gaps}`); found.append(gap); }
    const unit = el('div', 'u', row.department); unit.title = row.department;
    tr.append(el('td', '', title, meta), el('td', '', unit), found, el('td', 'n', row.pages ?? '—'), el('td', '', el('div', 'u', row.channel)),
      el('td', 'due' + (row.late ? ' late' : ''), row.due), el('td', '', el('span', 'st ' + row.state, row.stateName)), el('td', '', row.reviewer || '—'));
    tr.onclick = () => { this.at = i; this.send('open', [row.id]); };
    return tr;
  }

  foot() { this.bar = el('div', 'bar'); this.drawFoot(); return this.bar; }

  drawFoot() {
    const total = this.data.rows.length, bar = this.bar; bar.textContent = '';
    if (this.data.claim) {
      const claim = el('button', '', '领取'); claim.type = 'button'; claim.disabled = !this.chosen.size;
      claim.onclick = () => this.send('claim', [...this.chosen]);
      bar.append(el('span', '', `已选 ${this.chosen.size} 件，共 ${total} 件`), claim);
    } else bar.append(el('span', '', `共 ${total} 件`));
    const keys = el('span', '', el('kbd', '', 'J'), el('kbd', '', 'K'), ' 上下移动　', el('kbd', '', 'Enter'), ' 打开');
    if (this.data.claim) keys.append('　', el('kbd', '', 'X'), ' 勾选');
    bar.append(el('span', 'sp'), keys);
  }

  move(by) {
    const rows = [...this.body.children];
    rows[this.at].classList.remove('cur');
    this.at = Math.max(0, Math.min(rows.length - 1, this.at + by));
    rows[this.at].classList.add('cur');
    rows[this.at].scrollIntoView({ block: 'nearest' });
  }

  onKey(event) {
    const at = event.composedPath()[0];
    if (!this.data?.rows.length || !this.box.isConnected || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((/INPUT|TEXTAREA|SELECT/.test(at.tagName || '') && at.type !== 'checkbox') || document.querySelector('[role=dialog]')) return;
    if (event.key === 'j' || event.key === 'ArrowDown') this.move(1);
    else if (event.key === 'k' || event.key === 'ArrowUp') this.move(-1);
    else if (event.key === 'Enter' && at.tagName !== 'BUTTON' && at.tagName !== 'A') this.send('open', [this.data.rows[this.at].id]);
    else if (event.key === 'x' && this.data.claim) this.body.children[this.at].querySelector('input').click();
    else return;
    event.preventDefault();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const queue = parentElement.reviewQueue || (parentElement.reviewQueue = new Queue(parentElement));
  queue.update(data, setTriggerValue);
  if (queue.listener) document.removeEventListener('keydown', queue.listener);
  queue.listener = event => queue.onKey(event);
  document.addEventListener('keydown', queue.listener);
  return () => { document.removeEventListener('keydown', queue.listener); queue.listener = null; };
}
