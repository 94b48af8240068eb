// What a camera sees, for a Chromium that takes its picture from a file.

import { modules } from '../../crates/landside-web/assets/lib/qr.js';

/** A film of one picture, a QR code on grey, as a camera file for Chromium (YUV4MPEG2). */
export function film(text) {
  const rows = modules(text);
  const [width, height] = [640, 480];
  const scale = Math.min(5, Math.floor(height / rows.length));
  const left = Math.floor((width - rows.length * scale) / 2);
  const top = Math.floor((height - rows.length * scale) / 2);
  const light = Buffer.alloc(width * height, 120);
  for (let y = 0; y < rows.length * scale; y++) {
    for (let x = 0; x < rows.length * scale; x++) {
      light[(top + y) * width + left + x] = rows[Math.floor(y / scale)][Math.floor(x / scale)] ? 30 : 220;
    }
  }
  const colour = Buffer.alloc((width * height) / 2, 128);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), light, colour]);
}
