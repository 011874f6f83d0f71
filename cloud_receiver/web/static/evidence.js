// Puts a chosen photo into its form as text, so that a plain form can carry it.
for (const file of document.querySelectorAll("input[data-photo]")) {
  file.addEventListener("change", () => {
    const kept = file.form.elements.namedItem("photo");
    kept.value = "";
    if (!file.files[0]) return;
    const reader = new FileReader();
    const button = file.form.querySelector("button[type=submit]");
    button.disabled = true;
    reader.onload = () => { kept.value = reader.result.slice(reader.result.indexOf(",") + 1); };
    reader.onloadend = () => { button.disabled = false; };
    reader.readAsDataURL(file.files[0]);
  });
}
