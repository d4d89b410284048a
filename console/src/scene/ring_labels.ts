// SPDX-License-Identifier: Apache-2.0
//
// Texts above the rings: the number of each organisation, its name where there is room, and a mark
// (警, caution) at every address that is warned of. They only repeat what the tables beside the
// picture say, so they are for who looks and points.
import type { Rings } from './rings';

export interface Mark {
  id: number;
  address: string;
  state: 'new' | 'continuing';
  href: string;
  title: string;
}

export const mostMarks = 200;
const mostNames = 16; // rings that are large enough for a name
const freshFor = 8; // s that a new warning is shown large

export class RingLabels {
  readonly #box: HTMLElement;
  readonly #rings: Rings;
  #numbers: HTMLElement[] = [];
  #marks: { mark: Mark; link: HTMLAnchorElement }[] = [];
  readonly #fresh = new Map<number, number>(); // until when, in ms of performance.now()

  constructor(box: HTMLElement, rings: Rings) {
    this.#box = box;
    this.#rings = rings;
  }

  show(names: readonly string[], marks: readonly Mark[]): void {
    this.#numbers = names.map((name, ring) => {
      const label = document.createElement('span');
      label.className = 'ring-number';
      const number = document.createElement('b');
      number.textContent = String(ring + 1);
      label.append(number);
      if (names.length <= mostNames) {
        const text = document.createElement('span');
        text.className = 'ring-name';
        text.textContent = name;
        label.append(text);
      }
      return label;
    });
    const before = this.#marks.map(({ link }) => link);
    this.#marks = marks.slice(0, mostMarks).map((mark) => {
      // One that was there stays the same element: it may be on its way from large to small.
      const link =
        this.#marks.find((shown) => shown.mark.id === mark.id)?.link ?? document.createElement('a');
      link.href = mark.href;
      link.title = mark.title;
      link.tabIndex = -1;
      link.textContent = '警';
      return { mark, link };
    });
    const links = this.#marks.map(({ link }) => link);
    for (const old of [...this.#box.children])
      if (!(links as Element[]).includes(old)) old.remove();
    this.#box.prepend(...this.#numbers);
    this.#box.append(...links.filter((link) => !before.includes(link)));
    this.move();
  }

  // A new warning is shown large for a moment.
  enlarge(id: number): void {
    this.#fresh.set(id, performance.now() + freshFor * 1000);
  }

  move(): void {
    const now = performance.now();
    const put = (made: HTMLElement, point: ReturnType<Rings['place']>) => {
      const away = point === null || this.#rings.hidden(point);
      made.hidden = away;
      if (away) return;
      const { x, y } = this.#rings.stage.project(point);
      made.style.translate = `${x.toFixed(1)}px ${y.toFixed(1)}px`;
    };
    this.#numbers.forEach((label, ring) => {
      const middle = this.#rings.middle(ring);
      put(label, middle);
      label.classList.toggle('far', this.#rings.far(middle));
    });
    for (const { mark, link } of this.#marks) {
      put(link, this.#rings.place(mark.address));
      const until = this.#fresh.get(mark.id) ?? 0;
      if (until > 0 && until <= now) this.#fresh.delete(mark.id);
      const name = `ring-mark ${mark.state} ${until > now ? 'fresh' : ''}`;
      if (link.className !== name) link.className = name;
    }
  }
}
