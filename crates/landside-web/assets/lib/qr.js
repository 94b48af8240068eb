/** QR codes on screens, and from cameras. */

import encodeQR from '../vendor/qr/index.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Light modules around the code that scanners need (ISO/IEC 18004 § 6.3.8). */
const QUIET = 4;

/**
 * The modules of a code with the quiet zone; true is dark. Level M: also read off a scratched screen.
 * @param {string} text in capitals and digits as `LS1:` and base45 are, it takes the dense alphanumeric mode
 * @returns {boolean[][]}
 */
export function modules(text) {
  return encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
}

/**
 * A code as SVG. The dark modules are one path, so that no seams show between them.
 * @param {string} text
 * @param {string} label what it is, for screen readers
 * @returns {SVGSVGElement}
 */
export function draw(text, label) {
  const rows = modules(text);
  const size = rows.length;
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(SVG, 'svg'));
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('class', 'qr');
  svg.append(rectangle(size), path(rows));
  return svg;
}

/** White also in the dark theme: a scanner wants dark on light. @param {number} size */
function rectangle(size) {
  const rect = document.createElementNS(SVG, 'rect');
  rect.setAttribute('width', String(size));
  rect.setAttribute('height', String(size));
  rect.setAttribute('fill', '#fff');
  return rect;
}

/** @param {boolean[][]} rows */
function path(rows) {
  const element = document.createElementNS(SVG, 'path');
  element.setAttribute('d', runs(rows));
  element.setAttribute('fill', '#000');
  return element;
}

/** Each run of dark modules in a row as one rectangle. @param {boolean[][]} rows */
export function runs(rows) {
  let d = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) d += `M${from} ${y}h${x - from}v1h-${x - from}z`;
    }
  });
  return d;
}

/**
 * The width in CSS pixels, at most `room`, at which every module is a whole number of the screen's own pixels.
 * @param {number} count modules on a side, quiet zone included
 * @param {number} room CSS pixels
 * @param {number} ratio pixels of the screen for each CSS pixel
 */
export function crispWidth(count, room, ratio) {
  const cell = Math.max(1, Math.floor((room * ratio) / count));
  return (cell * count) / ratio;
}

/** The reader is large and only some pages have a camera. @type {Promise<any> | undefined} */
let decoder;

/**
 * Looks for a code in a picture.
 * @param {{ width: number, height: number, data: Uint8ClampedArray }} picture RGBA
 * @returns {Promise<string | null>} null when there is none
 */
export async function readPicture(picture) {
  decoder ??= import('../vendor/qr/decode.js');
  const { default: decodeQR } = await decoder;
  try {
    return decodeQR(picture);
  } catch {
    return null;
  }
}

/** Longest side, in pixels, of what a camera picture is reduced to before it is searched. */
const PICTURE_MAX = 960;

/** How often a camera picture is searched, in ms. */
const LOOK_EVERY_MS = 120;

/**
 * Shows the camera in `video` and looks for codes until `signal` ends it.
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} found called with each code read
 * @param {AbortSignal} signal
 * @throws {DOMException} when there is no camera, or the person does not allow it
 */
export async function scan(video, found, signal) {
  const wanted = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) return stop();
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement('canvas');
  while (!signal.aborted) {
    const picture = grab(video, canvas);
    const text = picture && (await readPicture(picture));
    if (text && !signal.aborted) found(text);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas */
function grab(video, canvas) {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0) return null;
  const scale = Math.min(1, PICTURE_MAX / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
