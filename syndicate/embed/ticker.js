// <news-ticker src="https://HOST/ticker/ID.json"> in a page; its headlines, moving, current and reachable without a mouse, out.
// Attributes: src, speed (pixels a second), limit, label, paused, pause-label, play-label, stale-label, mode (marquee | list),
// target, times, announce. Methods: play(), pause(), refresh(). Events: ticker-update, ticker-error.
// Whatever goes wrong, what is shown stays: the last headlines, or the list inside the element.
// Readers download ticker.min.js, made of this by `./run.sh ticker`. State lives in variables, since a tool may shorten those.
const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; contain: content; min-height: 2.5em; min-width: 0; max-width: 100% }
  *, ::before { box-sizing: border-box }
  [hidden] { display: none !important }
  section { display: flex; align-items: center; background: var(--ticker-background); color: var(--ticker-color) }
  button {
    all: unset; flex: none; min-width: 24px; min-height: 24px; width: 2.5em; height: 2.5em;
    cursor: pointer
  }
  button::before {
    content: ''; display: block; width: .8em; height: .9em; margin: auto;
    border-inline: .28em solid
  }
  :host([paused]) button::before { border-width: .45em; clip-path: polygon(0 0, 100% 50%, 0 100%) }
  [part=viewport] { flex: 1; min-width: 0; overflow: auto }
  div[tabindex='-1'] { overflow: clip; mask: linear-gradient(90deg, #0000, #000 1em calc(100% - 1em), #0000) }
  div div, ul { display: flex; flex: none; min-width: 100%; margin: 0; padding: 0; list-style: none }
  li {
    display: flex; flex: none; gap: 0 .6em; align-items: baseline; white-space: nowrap; overflow-wrap: anywhere;
    padding-inline: calc(var(--ticker-gap, 2.5em) / 2)
  }
  a {
    padding: .4em .2em; margin-inline: -.2em; min-height: 24px;
    color: var(--ticker-link)
  }
  a:not(:hover) { text-decoration: none }
  :focus-visible { outline: 2px solid; outline-offset: -2px }
  small { font-size: .8em; color: var(--ticker-muted) }
  div + small { flex: none; border: 1px solid; padding: 0 .4em }
  [role=status] { position: absolute; top: 100% }
  [part~=urgent] a { font-weight: bold }
  div:focus-within { mask: none }
  :host([mode=list]) :is(section, div, ul, li) { flex: 0 0 100%; flex-wrap: wrap; white-space: normal; order: 1 }
  :host([mode=list]) ul { row-gap: .4em }
`);
const clock = Date.now;
const reduced = matchMedia('(prefers-reduced-motion)');
const STALE_AFTER = 9e5, LONGEST_WAIT = 900, LONGEST_TTL = 3600;

const make = (name, properties, ...inside) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...inside);
  return node;
};

const put = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
};

const within = (least, value, most) => Math.max(least, Math.min(value, most));

// Only plain text comes through, and nothing that turns the direction of what follows it.
const clean = (text) => text?.replace?.(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ').trim().slice(0, 300) ?? '';

const ago = (time) => {
  const minutes = Math.max(1, (clock() - time) / 6e4);
  const [count, unit] = minutes < 60 ? [minutes, 'minute'] : minutes < 1440 ? [minutes / 60, 'hour'] : [minutes / 1440, 'day'];
  try {
    return new Intl.RelativeTimeFormat(document.documentElement.lang || [], { style: 'short' })
      .format(-Math.floor(count), unit);
  } catch {
    return '';  // a time or a language that is none
  }
};

customElements.get('news-ticker') ?? customElements.define('news-ticker', class NewsTicker extends HTMLElement {
  static observedAttributes = [
    'src', 'speed', 'limit', 'label', 'paused', 'pause-label', 'play-label', 'stale-label', 'mode', 'target', 'times', 'dir'
  ];
  // Seconds; no document can make readers poll faster.
  static shortestWait = 10;

  constructor() {
    super();
    // It moves while nothing speaks against it: user, hover, focus, away (off screen), hidden (tab).
    const against = new Set(['away']), items = new Map();
    let doc = {}, shown, asked, motion, timer, width, sign = 1, due = 0, failures = 0, fresh, news = 0, told = 0;

    // HTML takes names of attributes in any case.
    const attribute = (name, otherwise) => this.getAttribute(name) ?? otherwise;

    const list = make('ul', { part: 'list', role: 'list' });
    const clone = make('ul', { part: 'list', ariaHidden: true, inert: true });
    const track = make('div', { part: 'track' }, list, clone);
    const stale = make('small', { part: 'stale' });
    const button = make('button', { part: 'button', onclick: () => this.toggleAttribute('paused') });
    const view = make('div', { part: 'viewport', role: 'region' }, track);
    const status = make('small', { role: 'status' });
    const bar = make('section', { part: 'bar', hidden: true }, button, view, stale, status);
    const slot = make('slot');
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [style];
    root.append(bar, slot);

    const held = () => root.activeElement?.closest('li');

    const set = (reason, holds) => {
      against[holds ? 'add' : 'delete'](reason);
      run();
      plan();
    };

    // An animation that only pauses would keep a removed element alive.
    const run = () => motion && motion[!this.isConnected ? 'cancel' : against.size ? 'pause' : 'play']();

    // Nobody is asked while nobody looks. One who paused before the first headlines still gets those.
    const plan = () => {
      clearTimeout(timer);
      if (against.has('away') || against.has('hidden') || (against.has('user') && (doc.items || failures))) return;
      timer = setTimeout(this.refresh, due - clock());
    };

    // What the attributes say, on the outside: names, stale mark.
    const dress = () => {
      const now = clock(), does = against.has('user') ? 'Play' : 'Pause';
      const old = doc.stale || now > Date.parse(doc.stale_after) || (failures && now - fresh > STALE_AFTER);
      view.ariaLabel = attribute('label', doc.title || 'News');
      button.ariaLabel = button.title = attribute(`${does}-label`, `${does} news ticker`);
      put(stale, old ? attribute('stale-label', 'Delayed') : '');
      this.toggleAttribute('data-stale', old);
    };

    // The document into the list. Nodes are kept by id, so that focus stays; hostile headlines go before the limit counts.
    const show = () => doc.items && arrange(() => {
      const focused = root.activeElement, reading = held(), first = !items.size, wanted = new Set();
      for (const raw of doc.items) {
        try {
          const { id } = raw, url = new URL(raw.url).href;
          const title = clean(raw.title), outlet = clean(raw.source), lang = clean(raw.lang || doc.lang);
          if (!/^https?:/.test(url) || !title || !Number.isInteger(id) || wanted.size >= (+attribute('limit') || 200)) continue;
          let li = items.get(id);
          if (!li) {
            items.set(id, li = make('li', {},
              make('a', { part: 'link', rel: 'noopener noreferrer', dir: 'auto' }),
              make('small', { part: 'source', dir: 'auto' }),
              make('small', { part: 'time', dir: 'auto' })));
            if (!first) news++;
          }
          const [link, source, time] = li.children;
          wanted.add(li);
          li.part = raw.urgent ? 'item urgent' : 'item';
          link.href = url;
          link.target = attribute('target', '');
          link.lang = lang;
          put(link, title);
          put(source, outlet);
          put(time, this.hasAttribute('times') ? ago(Date.parse(raw.time)) : '');
        } catch {}
      }
      if (!wanted.size) return;
      for (const [id, li] of items) {
        if (!wanted.has(li) && li !== reading) {
          li.remove();
          items.delete(id);
        }
      }
      let next = list.firstChild;
      for (const li of wanted) {
        if (li === next) next = next.nextSibling; else list.insertBefore(li, next);
      }
      if (reading) focused.focus({ preventScroll: true });
      slot.remove();
      bar.hidden = false;
      // On request a screen reader hears that there are new ones, once a minute at most; of what was there first, never.
      const now = clock();
      if (news && now - told > 6e4 && this.hasAttribute('announce')) {
        status.textContent = (attribute('announce') || '# new headlines').replace('#', news);
        told = now;
        news = 0;
      }
    });

    // How far `node` begins after `base`, in pixels in the direction of reading.
    const from = (node, base) => {
      const a = node.getBoundingClientRect(), b = base.getBoundingClientRect();
      return sign > 0 ? a.left - b.left : b.right - a.right;
    };

    // Move the list, or scroll it when nothing may move, so that `li` begins `at` pixels after the edge.
    const place = (li, at) => {
      const x = from(li, list) - at;
      if (motion) motion.currentTime = li === held() ? Math.max(x, 0) : (x + width) % width;
      else view.scrollLeft = sign * x;
    };

    // Apply a change, measure once, and go on from where the reader was: at the focused headline, else at the first in sight that
    // is still there. By headline, never by offset.
    const arrange = (change) => {
      const reading = held(), moves = attribute('mode') !== 'list' && !reduced.matches;
      const anchors = [...list.children].map((li) => {
        const at = from(li, view);
        return [li, li === reading || at + li.offsetWidth > 0 ? at : at + width];
      }).sort((a, b) => a[1] - b[1]);
      change?.();
      const now = list.getBoundingClientRect().width;
      if (!change && now === width) return;
      width = now;
      if (!width) return;
      sign = getComputedStyle(this).direction === 'rtl' ? -1 : 1;
      clone.hidden = !moves;
      clone.replaceChildren(...list.cloneNode(true).children);
      for (const link of clone.querySelectorAll('a')) link.tabIndex = -1;
      view.tabIndex = moves ? -1 : 0;
      if (motion) motion.cancel();
      motion = moves && track.animate({ translate: [0, `${-sign * width}px`] }, { duration: width, iterations: Infinity });
      // A pixel lasts a millisecond, so that time is place; the rate makes the speed.
      if (motion) motion.playbackRate = within(5, +attribute('speed') || 60, 500) / 1e3;
      const anchor = anchors.find(([li]) => reading ? li === reading : li.isConnected);
      if (anchor) place(...anchor);
      run();
    };

    // Behind the seam headlines are the clone's. Inert hides them from keyboard and screen reader; under a pointer they are links.
    view.onpointerenter = view.onpointerleave = ({ type, pointerType }) => {
      const mouse = pointerType === 'mouse', over = type === 'pointerenter';
      clone.inert = mouse && !over;
      set('hover', mouse && over);
    };

    view.addEventListener('focusin', ({ target }) => {
      if (!target.matches(':focus-visible')) return;
      set('focus', true);
      // A focused headline is always in sight: the list is moved, never scrolled.
      const li = held();
      if (li && motion) place(li, within(0, from(li, view), view.clientWidth - li.offsetWidth));
    });
    view.addEventListener('focusout', () => set('focus'));

    // Ask now; resolves when the answer is shown, or kept back because it was none. Never rejects.
    this.refresh = async () => {
      const src = attribute('src');
      if (!src || asked === src) return;
      asked = src;
      let again = 0, text, read, detail;
      try {
        const answer = await fetch(src, {
          cache: 'no-cache', credentials: 'omit', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(2e4)
        });
        if (!answer.ok) {
          const after = answer.headers.get('retry-after');
          again = +after || (Date.parse(after) - clock()) / 1e3 || 0;
          throw Error(answer.status);
        }
        text = await answer.text();
        read = JSON.parse(text);
        if (read.version !== 1) throw Error('not ticker/1');
        read.items = read.items.slice(0, 1e3);
        read.title = clean(read.title);
      } catch (error) {
        detail = { error };
      }
      // Another address was given meanwhile.
      if (asked !== src) return;
      asked = 0;
      if (detail) failures++;
      else {
        failures = 0;
        fresh = clock();
        doc = read;
        // What has not changed is not laid out again; only relative times grow old by themselves.
        if (text !== shown || this.hasAttribute('times')) show();
        shown = text;
      }
      const ttl = within(NewsTicker.shortestWait, +doc.ttl || 60, LONGEST_TTL);
      const wait = within(Math.min(again, 864e2), ttl * 2 ** failures, Math.max(ttl, LONGEST_WAIT));
      // Spread by a tenth, so that the readers of one page do not return together.
      due = clock() + wait * (900 + Math.random() * 200);
      dress();
      plan();
      this.dispatchEvent(new CustomEvent(`ticker-${detail ? 'error' : 'update'}`, {
        bubbles: true, detail: detail ?? { items: items.size }
      }));
    };

    // Neither keeps a removed element alive, and what is removed is off screen.
    new IntersectionObserver((all) => set('away', !all.at(-1).isIntersecting), { rootMargin: '200px' }).observe(this);
    new ResizeObserver(() => arrange()).observe(list);

    this.#enter = (off) => {
      const seen = () => set('hidden', document.hidden);
      addEventListener('visibilitychange', seen, off);
      addEventListener('online', () => { due = 0; plan(); }, off);
      reduced.addEventListener('change', show, off);
      seen();
    };

    this.#change = (name) => {
      if (name === 'src') {
        shown = asked = due = failures = 0;
        doc = {};
      }
      set('user', this.hasAttribute('paused'));
      dress();
      if (name !== 'paused') show();
    };
  }

  #enter; #change; #off;
  connectedCallback() { this.#enter(this.#off = new AbortController()); }
  disconnectedCallback() { this.#off.abort(); }
  attributeChangedCallback(name, before, now) { if (before !== now) this.#change(name); }

  play() { this.toggleAttribute('paused', false); }
  pause() { this.toggleAttribute('paused', true); }
});
