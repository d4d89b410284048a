// SPDX-License-Identifier: Apache-2.0
//
// A chart as a picture that can stand alone: its title, what it shows and what the colours mean.
import type uPlot from 'uplot';
import { resolved } from '../colours';

const margin = 20;
const lineHeight = 22;

export function savePng(
  plot: uPlot,
  title: string,
  subtitle: string,
  names: { name: string; colour: string }[],
): void {
  const chart = plot.ctx.canvas;
  const scale = chart.width / plot.width;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) return;
  const family = getComputedStyle(document.body).fontFamily;
  const font = (size: number, weight = 400) => `${weight} ${size}px ${family}`;

  // The names in as many lines as they need.
  context.font = font(13);
  const places: { x: number; line: number }[] = [];
  let [x, line] = [margin, 0];
  for (const { name } of names) {
    const width = context.measureText(name).width + 40;
    if (x > margin && x + width > plot.width - margin) {
      x = margin;
      line += 1;
    }
    places.push({ x, line });
    x += width;
  }
  const top = 64;
  const height = top + plot.height + (line + 1) * lineHeight + margin;
  canvas.width = plot.width * scale;
  canvas.height = height * scale;
  context.scale(scale, scale);
  context.fillStyle = resolved('paper');
  context.fillRect(0, 0, plot.width, height);
  context.fillStyle = resolved('ink');
  context.font = font(16, 600);
  context.fillText(title, margin, 28);
  context.fillStyle = resolved('soft');
  context.font = font(13);
  context.fillText(subtitle, margin, 48);
  context.drawImage(chart, 0, top, plot.width, plot.height);
  names.forEach(({ name, colour }, index) => {
    const { x, line } = places[index] as { x: number; line: number };
    const y = top + plot.height + 16 + line * lineHeight;
    context.fillStyle = resolved(colour);
    context.fillRect(x, y - 9, 12, 10);
    context.fillStyle = resolved('ink');
    context.fillText(name, x + 18, y);
  });
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const link = document.createElement('a');
    link.href = url;
    link.download = `${title.replace(/[^\p{L}\p{N}]+/gu, '_')}.png`;
    link.click();
    URL.revokeObjectURL(url);
  });
}
