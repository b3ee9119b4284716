// Moments, durations and money as a person reads them. Moments are milliseconds since 1970 on the emulator's clock.

const two = (number) => String(number).padStart(2, '0');

export function timeOfDay(moment) {
  const date = new Date(moment);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// The time alone if it is today's by the emulator's clock, with its day otherwise.
export function when(moment, now) {
  const [date, today] = [new Date(moment), new Date(now)];
  if (date.toDateString() === today.toDateString()) return timeOfDay(moment);
  const day = date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return `${day}, ${timeOfDay(moment)}`;
}

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

// A span in one unit: how far the clock is ahead, how long an answer took.
export function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${trim(seconds)} s`;
  if (seconds < 3600) return `${trim(seconds / 60)} min`;
  if (seconds < 86400) return `${trim(seconds / 3600)} h`;
  return `${trim(seconds / 86400)} d`;
}

const trim = (number) => (number < 10 ? number.toFixed(1).replace(/\.0$/, '') : String(Math.round(number)));

export const offset = (milliseconds) => `${milliseconds < 0 ? '−' : '+'}${span(Math.abs(milliseconds))}`;

export function money(dollars) {
  // Calls cost fractions of a cent.
  return `$${dollars.toFixed(4).replace(/0{1,2}$/, '')}`;
}

// `customer-ended-call` as words.
export const words = (text) => text.replaceAll(/[-_]/g, ' ');

export const isBad = (reason) => /error|fail|fault|did-not|no-answer|busy|rejected|unavailable|timed?-?out|exceeded/.test(reason ?? '');
