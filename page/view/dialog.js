import { useLayoutEffect, useRef } from 'preact/hooks';
import { html } from './html.js';

/**
 * Asks before something is done that cannot be undone. Escape and Cancel leave all as it is.
 *
 * @param {{ title: string, text: string, action: string, onConfirm: () => void, onCancel: () => void }} props
 */
export function ConfirmDialog({ title, text, action, onConfirm, onCancel }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return html`<dialog
    ref=${dialog}
    aria-labelledby="dialog-title"
    aria-describedby="dialog-text"
    onClose=${onCancel}
  >
    <h2 id="dialog-title">${title}</h2>
    <p id="dialog-text">${text}</p>
    <div class="submit">
      <button type="button" autofocus onClick=${() => dialog.current?.close()}>Cancel</button>
      <button type="button" class="danger" onClick=${onConfirm}>${action}</button>
    </div>
  </dialog>`;
}
