// What a camera sees, for a Chromium that takes its picture from a file.

import { modules } from '../../crates/landside-web/assets/lib/qr.js';

const [WIDTH, HEIGHT] = [640, 480];
/** Around what is held before the camera. */
const GREY = 120;

/** A film of one picture (YUV4MPEG2); `shade` tells how light a place of the frame is, 0 to 255. @param {(x: number, y: number) => number | undefined} shade */
function frames(shade) {
  const light = Buffer.alloc(WIDTH * HEIGHT, GREY);
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) light[y * WIDTH + x] = shade(x, y) ?? GREY;
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), light, colour]);
}

/** A film of a QR code of this text. */
export function film(text) {
  const rows = modules(text);
  const scale = Math.min(5, Math.floor(HEIGHT / rows.length));
  const [left, top] = [WIDTH, HEIGHT].map((size) => Math.floor((size - rows.length * scale) / 2));
  return frames((x, y) => {
    const dark = rows[Math.floor((y - top) / scale)]?.[Math.floor((x - left) / scale)];
    return dark === undefined ? undefined : dark ? 30 : 220;
  });
}

/** A film of a screen that is held before the camera. @param {{ width: number, height: number, data: Uint8ClampedArray }} screen as RGBA */
export function filmed(screen) {
  const scale = Math.min(WIDTH / screen.width, HEIGHT / screen.height);
  const [left, top] = [(WIDTH - screen.width * scale) / 2, (HEIGHT - screen.height * scale) / 2];
  return frames((x, y) => {
    const [fromX, fromY] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)];
    const isOn = fromX >= 0 && fromY >= 0 && fromX < screen.width && fromY < screen.height;
    return isOn ? screen.data[4 * (fromY * screen.width + fromX) + 1] : undefined;
  });
}
