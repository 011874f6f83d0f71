// Before the first paint: the reader's colours and language. Runs while the head is read.
{
  const { theme, language } = document.currentScript.dataset;
  const dark = theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  document.documentElement.classList.toggle("dark", dark);
  document.documentElement.lang = language;
}
