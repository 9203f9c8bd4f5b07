import "./style.css";

declare global {
  interface Window {
    config: { user: string };
  }
}

document.getElementById("hello")!.textContent = `Hello ${window.config.user} at ${location.pathname}`;
