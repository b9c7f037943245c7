import { useSession } from './session.ts';

/** The way to files for those who do not drag. */
export function FileButton() {
  const session = useSession();
  if (session.connection.value.state === 'saved') return null;
  return (
    <label class="file-button">
      <input
        type="file"
        class="visually-hidden"
        multiple
        aria-label="Open trace files: they are read here and go nowhere"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          if (files.length === 0) return;
          session.setDialog('none');
          session.openFiles(files);
        }}
      />
      <span aria-hidden="true">Open a trace file…</span>
    </label>
  );
}
