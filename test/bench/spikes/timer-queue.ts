// The timers of virtual time, as a binary heap with the earliest timer first.

export interface Timer {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
  cancelled: boolean;
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

export function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(timer, heap[above] as Timer)) break;
    heap[at] = heap[above] as Timer;
    at = above;
  }
  heap[at] = timer;
}

/** Removes the earliest timer. */
export function pop(heap: Timer[]): Timer | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Timer, heap[below] as Timer)) below += 1;
    if (!isBefore(heap[below] as Timer, last)) break;
    heap[at] = heap[below] as Timer;
    at = below;
  }
  heap[at] = last;
  return first;
}
