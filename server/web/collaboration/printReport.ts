/**
 * Prints a report with all its charts. A curve is drawn only while it is near the visible part, and a canvas is no more than its pixels:
 * each is brought into sight once, and its picture stands in its place on paper.
 */
const PATIENCE = 5_000; // ms for one chart's points to arrive

export async function printReport(page: HTMLElement | null): Promise<void> {
  if (!page) return;
  const scroller = page.querySelector('.ck-report-sheet');
  const top = scroller?.scrollTop ?? 0;
  const pictures: HTMLElement[] = [];
  for (const plot of page.querySelectorAll<HTMLElement>('.ck-report-sheet .ck-plot')) {
    plot.scrollIntoView({ block: 'center' });
    const canvas = await drawn(plot);
    if (!canvas) continue;
    const picture = document.createElement('img');
    picture.className = 'ck-print-only';
    picture.alt = '';
    picture.src = canvas.toDataURL('image/png');
    plot.before(picture);
    pictures.push(picture);
    await picture.decode().catch(() => undefined);
  }
  if (scroller) scroller.scrollTop = top;
  window.print();
  for (const picture of pictures) picture.remove();
}

/** Its canvas, once there is something on it; null where nothing comes. */
async function drawn(plot: HTMLElement): Promise<HTMLCanvasElement | null> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const canvas = plot.querySelector('canvas');
    const { state } = plot.dataset;
    if (state === 'empty' || state === 'error') return canvas;
    if (canvas && state !== 'loading') {
      await new Promise(requestAnimationFrame); // uPlot draws in the frame after it was given its data
      return canvas;
    }
  }
  return null;
}
