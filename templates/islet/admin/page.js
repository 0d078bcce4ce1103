// Shows the progress of a sync, and loads its result. Without this script, the page reloads itself.
const progress = document.querySelector('[data-events]');
if (progress) {
  const events = new EventSource(progress.dataset.events);
  events.onmessage = ({ data }) => {
    progress.querySelector('[data-count]').textContent = Number(data).toLocaleString(document.documentElement.lang);
  };
  events.addEventListener('end', () => {
    events.close();
    location.reload();
  });
}
