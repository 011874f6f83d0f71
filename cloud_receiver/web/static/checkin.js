// A check-in: position, photo, and a queue on the phone that survives a lost line.
// Each touch gets its id here, once; headquarters takes the same id once.
const form = document.getElementById("checkin");
const words = JSON.parse(form.dataset.words);
const who = form.dataset.who;
const at = (id) => document.getElementById(id);
const RETRY_MS = 15_000;
let photo = null;
let stream = null;

// ---- the queue ----------------------------------------------------------------------------
function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("daka", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("touches", { keyPath: "client_id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
async function store(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("touches", mode);
      const asked = work(transaction.objectStore("touches"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
const keep = (touch) => store("readwrite", (touches) => touches.put(touch));
const forget = (id) => store("readwrite", (touches) => touches.delete(id));
const waiting = async () => (await store("readonly", (touches) => touches.getAll()))
  .filter((touch) => touch.who === who).sort((a, b) => a.taken_at_utc_ms - b.taken_at_utc_ms);

// ---- sending ------------------------------------------------------------------------------
function tell(text, tone) {
  const note = document.createElement("p");
  note.className = `note ${tone}`;
  note.setAttribute("role", "status");
  note.textContent = text;
  at("results").prepend(note);
}
async function show() {
  const count = (await waiting()).length;
  at("waiting").hidden = count === 0;
  at("waiting").textContent = words.queued.replace("{n}", count);
}
function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
async function send(touch) {
  const { who: _who, photo: blob, ...sent } = touch;
  if (blob) sent.photo = await base64(blob);
  const answer = await fetch("/me/checkin", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent),
  });
  if (answer.status === 401) {
    tell(words.login, "warn");
    return false;
  }
  if (answer.status >= 500 || answer.status === 429) return false;
  const told = await answer.json();
  await forget(touch.client_id);
  tell(told.text, told.tone);
  return true;
}
let sending = null;
function flush() {
  sending ??= (async () => {
    try {
      for (const touch of await waiting()) if (!(await send(touch))) break;
    } catch {
      // no line: it stays and is sent later
    } finally {
      sending = null;
      await show();
    }
  })();
  return sending;
}

// ---- position and photo -------------------------------------------------------------------
function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), {
      enableHighAccuracy: true, timeout: 12_000, maximumAge: 0,
    });
  });
}
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
  (byte) => byte.toString(16).padStart(2, "0")).join("");

async function openCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    tell(words.no_camera, "warn");
    return;
  }
  at("view").srcObject = stream;
  await at("view").play();
  at("view").hidden = at("take").hidden = false;
  at("shot").hidden = at("open").hidden = true;
}
function takePhoto() {
  const view = at("view"), shot = at("shot");
  shot.width = view.videoWidth;
  shot.height = view.videoHeight;
  shot.getContext("2d").drawImage(view, 0, 0);
  shot.toBlob((blob) => { photo = blob; shot.dataset.ready = "yes"; }, "image/jpeg", 0.85);
  for (const track of stream.getTracks()) track.stop();
  view.hidden = at("take").hidden = true;
  shot.hidden = at("open").hidden = false;
  at("open").textContent = words.again;
}

async function checkIn(event) {
  event.preventDefault();
  at("go").disabled = true;
  at("go").setAttribute("aria-busy", "true");
  const label = at("go").textContent;
  at("go").textContent = words.locating;
  const touch = { client_id: newId(), who, store_id: at("store").value, taken_at_utc_ms: Date.now(), photo };
  const found = await position();
  if (found) {
    touch.latitude_microdeg = Math.round(found.coords.latitude * 1e6);
    touch.longitude_microdeg = Math.round(found.coords.longitude * 1e6);
    touch.accuracy_m = Math.min(10_000_000, Math.round(found.coords.accuracy));
    touch.is_mock = found.mocked === true;
  } else {
    tell(words.denied, "warn");
  }
  await keep(touch);
  at("go").textContent = words.sending;
  await flush();
  photo = null;
  if (at("shot")) at("shot").hidden = true;
  if (at("file")) at("file").value = "";
  at("go").textContent = label;
  at("go").disabled = false;
  at("go").removeAttribute("aria-busy");
}

form.addEventListener("submit", checkIn);
at("open")?.addEventListener("click", openCamera);
at("take")?.addEventListener("click", takePhoto);
at("file")?.addEventListener("change", (event) => { photo = event.target.files[0] ?? photo; });
addEventListener("online", flush);
document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
setInterval(async () => { if ((await waiting()).length) flush(); }, RETRY_MS);
if (!isSecureContext) tell(words.https, "bad");
navigator.serviceWorker?.register("/me/worker.js", { scope: "/me/" });
flush();
