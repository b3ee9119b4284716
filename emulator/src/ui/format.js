// Timestamps, durations and money as text. Timestamps are milliseconds since 1970 on the emulator's clock.

const two = (number) => String(number).padStart(2, '0');

export function timeOfDay(timestamp) {
  const date = new Date(timestamp);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// The time; with its day if that is not today by the emulator's clock.
export function when(timestamp, now) {
  const [date, today] = [new Date(timestamp), new Date(now)];
  if (date.toDateString() === today.toDateString()) return timeOfDay(timestamp);
  const day = date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return `${day}, ${timeOfDay(timestamp)}`;
}

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

// A duration in one unit: the lead of the clock, the time to a response.
export function shortDuration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${trim(seconds)} s`;
  if (seconds < 3600) return `${trim(seconds / 60)} min`;
  if (seconds < 86400) return `${trim(seconds / 3600)} h`;
  return `${trim(seconds / 86400)} d`;
}

const trim = (number) => (number < 10 ? number.toFixed(1).replace(/\.0$/, '') : String(Math.round(number)));

export const offset = (milliseconds) => `${milliseconds < 0 ? '−' : '+'}${shortDuration(Math.abs(milliseconds))}`;

export function money(dollars) {
  // Calls cost fractions of a cent.
  return `$${dollars.toFixed(4).replace(/0{1,2}$/, '')}`;
}

// `customer-ended-call` as `customer ended call`.
export const words = (text) => text.replaceAll(/[-_]/g, ' ');

export const isBad = (reason) => /error|fail|fault|did-not|no-answer|busy|rejected|unavailable|timed?-?out|exceeded/.test(reason ?? '');
