// Read a terminal's attendance log with zkteco-js: node read_attendance.js PORT
// Writes one JSON array of [user_id, local time, verify, state] to standard output.
"use strict";

const Terminal = require("zkteco-js");

const TIMEOUT_MS = 10000;
const LOCAL_PORT = 0;

/** Return the wall time a terminal showed, from the text zkteco-js makes of it under TZ=UTC. */
function wallTime(text) {
  return new Date(text).toISOString().slice(0, 19);
}

async function main(port) {
  console.log = console.error; // zkteco-js reports there; standard output is for the answer
  const terminal = new Terminal("127.0.0.1", port, TIMEOUT_MS, LOCAL_PORT);
  await terminal.createSocket();
  const log = await terminal.getAttendances();
  await terminal.disconnect();
  const rows = log.data.map((row) => [row.user_id, wallTime(row.record_time), row.type, row.state]);
  process.stdout.write(JSON.stringify(rows), () => process.exit(0)); // it leaves timers running
}

main(Number(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
