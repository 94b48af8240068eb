/** Two sounds that nobody takes for one another. Off unless somebody wants them. */

/** Pitch in Hz and length in s of each tone: one high for the way in, two low against it. */
const TONES = { yes: [[880, 0.14]], no: [[220, 0.18], [175, 0.3]] };
const LOUDNESS = 0.2;

/** @type {AudioContext | undefined} */
let player;

/** @param {boolean} isOn @param {boolean} isGood */
export function sound(isOn, isGood) {
  if (!isOn || typeof AudioContext === 'undefined') return;
  player ??= new AudioContext();
  let at = player.currentTime;
  for (const [pitch, length] of isGood ? TONES.yes : TONES.no) {
    const [tone, level] = [player.createOscillator(), player.createGain()];
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(LOUDNESS, at);
    level.gain.exponentialRampToValueAtTime(0.001, at + length);
    tone.connect(level).connect(player.destination);
    tone.start(at);
    tone.stop(at + length);
    at += length;
  }
}
